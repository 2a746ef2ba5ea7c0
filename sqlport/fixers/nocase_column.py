"""COL002: columns that compare without regard to case."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal, _nocase_use
from sqlport.fixers._tables import chosen_type, defined_columns, removed, type_rewrite
from sqlport.model import Applicability


def find(context: Context) -> Iterator[Proposal]:
    """Every COLLATE NOCASE of a column: citext for text, nothing for other types (they have no case); and its use."""
    yield from _nocase_use.find(context)
    for table, column in defined_columns(context):
        clauses = [each for each in column.all("collate") if each.collation and each.collation.same_as("nocase")]
        if not clauses:
            continue
        choice = chosen_type(context, table, column)
        rewrites = tuple(removed(context.parsed.text, clause.span) for clause in clauses)
        if choice.type == "citext":
            yield Proposal(clauses[0].body, (*type_rewrite(column, "citext"), *rewrites))
        elif choice.type != "text":
            message = f"{choice.type} has no letter case: NOCASE means nothing there, and PostgreSQL refuses it"
            yield Proposal(clauses[0].body, rewrites, Applicability.SAFE, message)
