"""DDL010: foreign keys to columns that nothing keeps unique."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import foreign_keys


def find(context: Context) -> Iterator[Proposal]:
    """Every foreign key whose target is known to have no such key; a partial index is none."""
    for _, references in foreign_keys(context):
        parent = context.catalog.table(references.table.text)
        if parent is None or parent.kind != "table":
            continue
        columns = [term.name.text for term in references.columns if term.name] or list(parent.primary_key)
        key = parent.unique_over(columns)
        if key is None or not key.is_plain:
            named = ", ".join(columns) or "its rowid"
            message = (
                f"PostgreSQL needs a unique key of {parent.name} over {named}, SQLite only when rows are written; "
                "add UNIQUE there, or refer to its key"
            )
            yield Proposal(references.span, message=message)
