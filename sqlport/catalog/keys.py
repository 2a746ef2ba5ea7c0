"""The foreign keys that a CREATE TABLE states, and what they refer to in PostgreSQL's words."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import quote
from sqlport.sql.definitions import Constraint, CreateTable, References


def foreign_keys(written: CreateTable) -> Iterator[tuple[tuple[str, ...], Constraint]]:
    """The keys of columns and of the table, each with the names of its columns; all have `references`."""
    for column in written.columns:
        for constraint in column.all("references"):
            if constraint.references is not None:
                yield (column.name.text,), constraint
    for constraint in written.constraints:
        if constraint.references is not None:
            yield tuple(term.name.text for term in constraint.terms if term.name), constraint


def clause(references: References) -> str:
    """What the key refers to, in PostgreSQL's words; of two actions for one event the last counts, as in SQLite."""
    columns = ", ".join(quote(term.name.text) for term in references.columns if term.name)
    parts = [f"REFERENCES {quote(references.table.text)}" + (f" ({columns})" if columns else "")]
    for event in ("DELETE", "UPDATE"):
        action = references.on(event)
        parts += [f"ON {event} {action}"] if action != "NO ACTION" else []
    parts += [references.deferrable.value] if references.deferrable else []
    return " ".join(parts)
