"""Result columns that come back as another Python type: PREPARE passes them, programs break on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlport.model import Target, Verdict

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.semantics import Kind

# What psycopg makes of a PostgreSQL type that SQLite's values never have.
_OBJECTS = {
    "numeric": "Decimal",
    "boolean": "bool",
    "date": "date",
    "timestamp without time zone": "datetime",
    "timestamp with time zone": "datetime",
    "time without time zone": "time",
    "time with time zone": "time",
    "interval": "timedelta",
    "json": "a parsed value",
    "jsonb": "a parsed value",
    "uuid": "UUID",
}
_EXPECTED: dict[str, frozenset[Kind]] = {"numeric": frozenset(["numeric"]), "json": frozenset(["json"])}


def changed_types(sql: str, verdict: Verdict, catalog: Catalog, target: Target) -> str:
    """Which result columns of a planned port have another Python type than SQLite gave; empty when none has.

    `sum(bigint)` is numeric on PostgreSQL, so that a program gets `Decimal` where it got `int`
    (https://www.postgresql.org/docs/current/functions-aggregate.html). Plain columns have the type that the
    profile gave them and are not reported.
    """
    suspects = [index for index, column in enumerate(verdict.columns) if column.type in _OBJECTS]
    if not suspects:
        return ""
    from sqlglot import exp

    from sqlport.semantics import Semantics
    from sqlport.sql import read

    parsed = read(sql)
    if parsed.tree is None:
        return ""
    semantics = Semantics(parsed, catalog, target)
    returning = parsed.tree.args.get("returning")
    query = returning if returning is not None else parsed.tree
    items = query.expressions if returning is not None else [item for _, item in semantics.scopes.projections(query)]
    if len(items) != len(verdict.columns):
        return ""  # a star: plain columns
    said = []
    for index in suspects:
        column, item = verdict.columns[index], items[index]
        item = item.this if isinstance(item, exp.Alias) else item
        if isinstance(item, exp.Column) and semantics.column(item) is not None:
            continue
        kind = semantics.kind(item)
        if kind not in ("any", *_EXPECTED.get(column.type, frozenset())):
            said.append(f"{column.label} is {column.type} ({_OBJECTS[column.type]} in Python), not as SQLite gave it")
    return "; ".join(said)
