"""INSERT OR REPLACE by several keys: all rows in the way are deleted first, in the same statement."""

from __future__ import annotations

from sqlport.catalog import Table, UniqueKey
from sqlport.catalog.names import quote
from sqlport.catalog.nocase import is_lowered
from sqlport.catalog.types import column_type
from sqlport.fixers import Context
from sqlport.fixers._inserts import Insert, names, without_conflict
from sqlport.model import Span, Target
from sqlport.sql import Rewrite, replace


def replacing(context: Context, found: Insert, keys: tuple[UniqueKey, ...]) -> tuple[Rewrite, ...]:
    """`WITH new AS (VALUES ...), gone AS (DELETE ... USING new) INSERT ... SELECT`; nothing where that is no way.

    The INSERT reads `gone`, so that PostgreSQL deletes first. The first row of VALUES says the types,
    a query has its own.
    """
    given = found.given()
    parsed, values = context.parsed, found.node.expression
    if found.node.args.get("with_") or found.table is None or not parsed.has_span(values):
        return ()
    if any(name.lower() not in given for key in keys for name in key.columns):
        return ()
    types = []
    for name in found.columns:
        column = found.table.column(name)
        if column is None:
            return ()
        types.append(column_type(column, found.table.name, context.target))
    removed = without_conflict(context)
    assert removed is not None
    casts = []
    for value, type_name in zip(found.rows[0] if found.rows else (), types, strict=False):
        if not parsed.has_span(value):  # DEFAULT
            return ()
        span = parsed.span(value)
        casts.append(replace(span, "CAST(", span, f" AS {type_name})"))
    same = " OR ".join(_same(found.table, found.name, key, context.target) for key in keys)
    table = quote(found.name)
    columns = names(found.columns)
    span = parsed.span(values)
    start = parsed.tokens[0].start
    head = Span(removed.end, span.start)
    whole = Rewrite(
        start,
        span.end,
        (
            f"WITH new ({columns}) AS (",
            span,
            f"), gone AS (DELETE FROM {table} USING new WHERE {same} RETURNING 1) INSERT ",
            head,
            f"SELECT {columns} FROM new WHERE (SELECT count(*) FROM gone) >= 0",
        ),
    )
    return (whole, *casts)


def _same(table: Table, name: str, key: UniqueKey, target: Target) -> str:
    equal = []
    for column, by in zip(key.columns, key.collations, strict=True):
        sides = (f"{quote(name)}.{quote(column)}", f"new.{quote(column)}")
        if by == "NOCASE" and is_lowered(table, column, target):
            sides = (f"lower({sides[0]})", f"lower({sides[1]})")
        equal.append(" = ".join(sides))
    return equal[0] if len(equal) == 1 else "(" + " AND ".join(equal) + ")"
