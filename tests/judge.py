"""Both engines on one statement: what SQLite returns for the original, what PostgreSQL returns for the port."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

import sqlport
from sqlport.catalog.names import quote
from sqlport.model import Profile
from sqlport.sql import split

_CLOCK = re.compile(r"(?i)'now'|\bcurrent_|\b(?:date|time|datetime|unixepoch|julianday)\(\)")


def tries(text: str) -> range:
    """How often to compare: where the clock is read, a second may end between the two engines."""
    return range(5 if _CLOCK.search(text) else 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows of the statement, and of every table afterwards (as multisets); or the error.

    `observed` are the rows of the statements that were to be run afterwards, whether there was an error or not;
    None for one that is an error itself.
    """

    rows: tuple[tuple[Any, ...], ...] = ()
    tables: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...] = ()
    error: str = ""
    observed: tuple[tuple[tuple[Any, ...], ...] | None, ...] = ()


def statements(script: str) -> list[str]:
    """The statements of a script."""
    return [piece.span.of(script) for piece in split(script)]


def on_sqlite(
    schema: str, sql: str, params: Sequence[Any] | Mapping[str, Any] = (), observe: Sequence[str] = ()
) -> Outcome:
    """The original on SQLite. `observe` are statements that are run at the end."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function("regexp", 2, _regexp)  # SQLite leaves it to the application
        for statement in statements(schema):
            connection.execute(statement)
        try:
            rows: list[tuple[Any, ...]] = []
            for statement in statements(sql):
                rows = connection.execute(statement, params).fetchall()
        except sqlite3.Error as error:
            return Outcome(error=str(error), observed=_observed(connection, observe))
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        names = sorted((name for name in names if not name.startswith("sqlite_")), key=str.lower)
        tables = [(name.lower(), _bag(connection.execute(f'SELECT * FROM "{name}"'))) for name in names]
        return Outcome(tuple(map(plain, rows)), tuple(tables), observed=_observed(connection, observe))
    finally:
        connection.close()


def on_postgres(
    connection: psycopg.Connection[Any],
    schema: str,
    ported: str,
    params: Sequence[Any] | Mapping[str, Any] | None,
    observe: Sequence[str] = (),
    profile: Profile = "faithful",
    locale: str = "",
) -> Outcome:
    """The port on PostgreSQL (an autocommit connection), in a schema that is dropped afterwards.

    Its tables are our own port of SQLite's, with the types of the profile and the collations for the locale. `observe`
    are statements (ported, too) that are run at the end.
    """
    connection.prepare_threshold = None  # tables of one name come and go
    try:
        connection.execute("CREATE SCHEMA judged")
        connection.execute("SET search_path = judged, public")
        connection.execute("SET statement_timeout = '5s'")
        ported_schema = sqlport.port(schema, driver="none", unsafe=True, profile=profile, locale=locale)
        for statement in statements(ported_schema.sql):
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                return Outcome(error=f"schema: {error} in {statement}")
        try:
            rows: list[Any] = []
            for statement in statements(ported):
                cursor = connection.execute(statement, params)
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            connection.rollback()
            return Outcome(error=f"{error.sqlstate} {error}", observed=_observed(connection, observe))
        names = [
            row[0]
            for row in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'judged' ORDER BY tablename COLLATE \"C\""
            )
        ]
        tables = [(name, _bag(connection.execute(f"SELECT * FROM {quote(name)}"))) for name in names]
        return Outcome(tuple(map(plain, rows)), tuple(tables), observed=_observed(connection, observe))
    finally:
        connection.rollback()
        connection.execute("DISCARD ALL")  # what a ported PRAGMA set
        connection.execute("DROP SCHEMA judged CASCADE")


def _observed(
    connection: sqlite3.Connection | psycopg.Connection[Any], scripts: Sequence[str]
) -> tuple[tuple[tuple[Any, ...], ...] | None, ...]:
    return tuple(_rows(connection, script) for script in scripts)


def _rows(connection: sqlite3.Connection | psycopg.Connection[Any], script: str) -> tuple[tuple[Any, ...], ...] | None:
    rows: list[Any] = []
    try:
        for statement in statements(script):
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
    except (sqlite3.Error, psycopg.Error):
        return None
    return tuple(map(plain, rows))


def _regexp(pattern: str | None, value: str | None) -> int | None:
    return None if pattern is None or value is None else int(re.search(pattern, value) is not None)


def _bag(rows: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted(map(plain, rows), key=repr))


def plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row without what the language of the driver adds to its values."""
    return tuple(_value(value) for value in row)


def _value(value: Any) -> Any:
    """A value without what the language of the driver adds: 1 and True are one value, so are 5 and Decimal(5)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
