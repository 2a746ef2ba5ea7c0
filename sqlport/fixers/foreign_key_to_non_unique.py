"""DDL010: foreign keys to columns that nothing keeps unique."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, removed
from sqlport.model import Span
from sqlport.sql import Rewrite
from sqlport.sql.definitions import Constraint


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
            yield Proposal(references.span, _without(context, constraint), message=message)


def _without(context: Context, constraint: Constraint) -> tuple[Rewrite, ...]:
    """The definition without the key: with the comma that sets a constraint of the table apart."""
    start = constraint.comma.start if constraint.comma is not None else constraint.span.start
    between = context.parsed.text[start : constraint.span.start]
    if constraint.terms and (constraint.comma is None or "--" in between or "/*" in between):
        return ()
    if constraint.terms:
        return (Rewrite(start, constraint.span.end, ()),)
    return (removed(context.parsed.text, Span(start, constraint.span.end)),)
