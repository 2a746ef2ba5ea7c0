"""DDL010: foreign keys to columns that nothing keeps unique."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, without_constraint


def find(context: Context) -> Iterator[Proposal]:
    """Every foreign key whose target is known to have no such key; a partial index is none."""
    for constraint in constraints(context):
        references = constraint.references
        parent = context.catalog.table(references.table.text) if references else None
        if references is None or parent is None or parent.kind != "table":
            continue
        columns = [term.name.text for term in references.columns if term.name] or list(parent.primary_key)
        key = parent.unique_over(columns)
        if key is None or not key.is_plain:
            named = ", ".join(columns) or "its rowid"
            message = (
                f"PostgreSQL needs a unique key of {parent.name} over {named}, SQLite only when rows are written; "
                "add UNIQUE there, refer to its key, or leave the foreign key out, which SQLite never checked"
            )
            yield Proposal(references.span, without_constraint(context, constraint), message=message)
