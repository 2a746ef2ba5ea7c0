"""A shell script that shows a difference with the programs `sqlite3` and `psql`, on tables that vanish again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.prove.load import ZONE

if TYPE_CHECKING:
    from sqlport.prove.bindings import Values
    from sqlport.prove.model import Model, Value
    from sqlport.prove.pairs import Pair
    from sqlport.prove.universe import Rows

_SCHEMA = "sqlport_difference"


def script(
    pair: Pair,
    values: Values,
    models: Sequence[Model],
    rows: Rows,
    original: Sequence[str],
    ported: Sequence[str],
) -> str:
    """The tables, the rows and the statement, for both programs.

    `original` and `ported` are the definitions of these tables for SQLite and for PostgreSQL.
    """
    filled = [model for model in models if rows.get(model.key)]
    ours = ["PRAGMA foreign_keys = ON;", *map(_ended, original), "BEGIN;", "PRAGMA defer_foreign_keys = ON;"]
    ours += [_insert(model, rows[model.key], postgres=False) for model in filled]
    ours += ["COMMIT;", ".headers on", ".nullvalue NULL", ".mode quote", _ended(inlined(pair, values))]
    ours += [f"SELECT * FROM {quoted(name)};" for name in _names(pair, models)]
    theirs = ["SET TimeZone = 'UTC';", "BEGIN;", f"CREATE SCHEMA {_SCHEMA};"]
    theirs += [f"SET LOCAL search_path = {_SCHEMA}, public;", *map(_ended, ported)]
    theirs += [_insert(model, rows[model.key], postgres=True) for model in filled]
    theirs += [_numbered(model) for model in filled if model.key in pair.numbered and model.identity is not None]
    theirs += [f"SET LOCAL TimeZone = '{ZONE}';", _run(pair, values)]
    theirs += [f"SELECT * FROM {model.postgres};" for model in models if model.key in pair.tables]
    theirs += ["ROLLBACK;"]
    return (
        "# Runs on its own: SQLite in memory, PostgreSQL in a transaction that is rolled back.\n"
        + _document("sqlite3 :memory:", ours)
        + _document("psql -X -q -P null=NULL", theirs)
    )


def _numbered(model: Model) -> str:
    """PostgreSQL's next number as SQLite's: behind the largest that a row has."""
    assert model.identity is not None  # the caller has asked
    column = model.fields[model.identity].postgres
    table, name = literal(model.postgres, postgres=True), literal(column.strip('"'), postgres=True)
    last = f"pg_get_serial_sequence({table}, {name}), max({column})"
    return f"DO $$ BEGIN PERFORM setval({last}) FROM {model.postgres}; END $$;"


def _document(program: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    end = "END"
    while f"\n{end}\n" in f"\n{text}\n":
        end += "_"
    return f"{program} <<'{end}'\n{text}\n{end}\n"


def _ended(sql: str) -> str:
    """With a semicolon, behind a comment at its end on a line of its own."""
    bare = sql.rstrip().rstrip(";")
    return bare + ("\n;" if "--" in bare.rpartition("\n")[2] else ";")


def _insert(model: Model, rows: Sequence[tuple[Value, ...]], *, postgres: bool) -> str:
    """Columns that are NULL in every row are left out, if they may be."""
    places = [place for place in range(len(model.fields)) if any(row[place] is not None for row in rows)]
    places = places or [0]
    names = [model.fields[place].postgres if postgres else quoted(model.fields[place].name) for place in places]
    tuples = [", ".join(literal(row[place], postgres=postgres) for place in places) for row in rows]
    table = model.postgres if postgres else quoted(model.name)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES\n  " + ",\n  ".join(f"({t})" for t in tuples) + ";"


def inlined(pair: Pair, values: Values) -> str:
    """The original with its parameters as literals."""
    from sqlport.model import Edit
    from sqlport.sql import apply

    edits = [
        Edit(each.span.start, each.span.end, literal(values[each.key], postgres=False))
        for each in pair.parsed.placeholders
        if isinstance(each.key, int) and each.key < len(values)
    ]
    return apply(pair.original, edits)


def _run(pair: Pair, values: Values) -> str:
    """The port as a prepared statement, its parameters of the types that psycopg sends."""
    passed = values[: pair.passed]
    if not passed:
        return _ended(pair.port)
    types = ", ".join(map(_type, passed))
    given = ", ".join(literal(value, postgres=True) for value in passed)
    return f"PREPARE sqlport_port ({types}) AS {_ended(pair.port)}\nEXECUTE sqlport_port ({given});"


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        width = abs(value + 1) if value < 0 else value
        return "smallint" if width < 2**15 else "integer" if width < 2**31 else "bigint"
    return "double precision" if isinstance(value, float) else "bytea" if isinstance(value, bytes) else "unknown"


def literal(value: Value, *, postgres: bool) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower() if postgres else str(int(value))
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'" if postgres else f"x'{value.hex()}'"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


def _names(pair: Pair, models: Sequence[Model]) -> list[str]:
    by_key: Mapping[str, str] = {model.key: model.name for model in models}
    return [by_key[key] for key in pair.tables if key in by_key]
