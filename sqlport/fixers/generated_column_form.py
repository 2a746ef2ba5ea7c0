"""DDL013: generated columns in SQLite's short form, virtual ones, and those over other generated columns."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created, defined_columns
from sqlport.sql import insert, replace
from sqlport.sql.ddl import unquoted


def find(context: Context) -> Iterator[Proposal]:
    """Every generated column that PostgreSQL 15 does not take as it is written."""
    table = created(context)
    generated = {folded(column.name.text) for column in table.columns if column.first("generated")} if table else set()
    for _, column in defined_columns(context):
        constraint = column.first("generated")
        if constraint is None or constraint.expression is None:
            continue
        words = context.parsed.tokens_in(constraint.expression)
        others = {folded(unquoted(word.text)) for word in words} & (generated - {folded(column.name.text)})
        if others:
            named = ", ".join(sorted(others))
            message = f"a generated column cannot use another one in PostgreSQL ({named}); write its expression out"
            yield Proposal(constraint.body, message=message)
        rewrites = []
        if constraint.always is None:
            rewrites.append(insert(constraint.body.start, "GENERATED ALWAYS "))
        if constraint.storage is None:
            rewrites.append(insert(constraint.body.end, " STORED"))
        elif constraint.storage.value == "VIRTUAL":
            rewrites.append(replace(constraint.storage.span, "STORED"))
        if rewrites and not others:
            yield Proposal(constraint.body, tuple(rewrites))
