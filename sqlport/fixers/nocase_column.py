"""COL002: columns that compare without regard to case."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.types import lowered_nocase
from sqlport.fixers import Context, Proposal, _nocase_icu, _nocase_keys, _nocase_lower, _nocase_use
from sqlport.fixers._tables import chosen_type, defined_columns, removed, type_rewrite
from sqlport.model import Applicability
from sqlport.sql import replace

_KEPT = "{name} stays text, and what compares it does so under lower()"
_KEYS = "nothing names a UNIQUE constraint over it (there is a unique index instead), and the call takes two statements"


def find(context: Context) -> Iterator[Proposal]:
    """Every COLLATE NOCASE of a column: citext for text, nothing for other types (they have no case); and its use."""
    yield from _nocase_use.find(context)
    yield from _nocase_icu.find(context)
    yield from _nocase_lower.find(context)
    kept = []
    for table, column in defined_columns(context):
        clauses = [each for each in column.all("collate") if each.collation and each.collation.same_as("nocase")]
        if not clauses:
            continue
        choice = chosen_type(context, table, column)
        rewrites = tuple(removed(context.parsed.text, clause.span) for clause in clauses)
        if choice.type == "citext":
            yield Proposal(clauses[0].body, (*type_rewrite(column, choice.sql), *rewrites))
        elif choice.type == "text" and lowered_nocase(context.target):
            if choice.collation:
                rewrites = (replace(clauses[0].span, f'COLLATE "{choice.collation}"'), *rewrites[1:])
            kept.append((column.name.text, clauses[0].body, rewrites))
        elif choice.type != "text":
            message = f"{choice.type} has no letter case: NOCASE means nothing there, and PostgreSQL refuses it"
            yield Proposal(clauses[0].body, rewrites, Applicability.SAFE, message)
    if kept:
        keys = _nocase_keys.rewrites(context)
        message = _KEPT.format(name=", ".join(name for name, _, _ in kept))
        applicability = Applicability.UNSAFE if keys else Applicability.SAFE
        removals = tuple(rewrite for _, _, rewrites in kept for rewrite in rewrites)
        yield Proposal(kept[0][1], (*removals, *keys), applicability, message, _KEYS if keys else "")
