"""Text that is no ISO date: SQLite's answer or an error, never another date; with helpers, SQLite's answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import sqlport
from sqlport.api import _rulebook
from sqlport.catalog import from_statements
from sqlport.catalog.helpers import definitions
from sqlport.engines.server import Server
from sqlport.model import Target
from sqlport.porting import Request, port_statement

SCHEMA = "CREATE TABLE v (x TEXT)"
HELPED = Target(helpers=True, driver="none")
DATES = [
    *["2024-01-31", "2024-01-31 08:30", "2024-01-31 08:30:15", "2024-01-31T08:30:15", "2024-01-31T08:30:15Z"],
    *["2024-02-29 23:59:59.123", "0002-01-01", "9998-12-31 23:59:59", "2024-01-31T08:30:00.123456", None],
]
OTHERS = [
    *["2024-1-5", "1/2/2024", "31-01-2024", "Jan 5 2024", "2024.01.31", "20240131", "J2451545", "2024-031"],
    *["today", "infinity", "epoch", "allballs", "", "abc", " 2024-01-31", "2024-01-31Z", "2024-01-31 8:30"],
    *["2024-01-31 08:30:60", "2024-01-31 08:30 PM", "2024-01-31 08:30.5", "2024-01-31 08:30:00.", "2024-13-01"],
    *["2024-01-31 08:30:00+02:00", "2024-01-31 08:30:00 -05:30", "2024-01-31 08:30+15:00", "2024-01-31\n"],
    *["2024-01-31  08:30", "2024-01-31t08:30", "12:30", "12:30:15.5", "2451545", "2451545.25", "99999999", "-5"],
    *["2024-02-29 BC", "2024-01-31 08:30:00 UTC", "2024-01-31 08:30:00 America/New_York", "1e6x", "x2024-01-31"],
]
RAISING = ["now", "NOW", "2024-02-31", "0000-01-01"]
EXPRESSIONS = [
    *["date(x)", "time(x)", "datetime(x)", "unixepoch(x)", "julianday(x)", "strftime('%s', x)"],
    *["strftime('%Y-%m', x)", "strftime('%H:%M:%S', x)", "CAST(strftime('%j', x) AS INTEGER)"],
    *["date(x, '+1 day')", "date(x, '+1 month')", "datetime(x, 'start of month', '-1 second')"],
]


@pytest.fixture(scope="module")
def postgres(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with server.database() as name, server.connect(name) as connection:
        for _, sql in definitions(HELPED):
            connection.execute(sql)
        yield connection


def on_sqlite(expression: str, value: str | None) -> Any:
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(f"SELECT {expression} FROM (SELECT ? AS x)", [value]).fetchone()[0]
    finally:
        connection.close()


def on_postgres(connection: psycopg.Connection[Any], ported: str, value: str | None) -> Any:
    sql = ported.replace("%", "%%").removesuffix(" FROM v") + " FROM (SELECT %s::text AS x) AS v"
    return connection.execute(sql, [value]).fetchone()[0]  # type: ignore[index]


def helped(sql: str) -> str:
    catalog = from_statements([("schema", SCHEMA)]).catalog
    port = port_statement(sql, (), Request(HELPED, catalog, _rulebook(), lambda rule: True))
    assert all(finding.applied for finding in port.findings)
    return port.sql


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_dates_are_equal_and_all_else_raises(expression: str, postgres: psycopg.Connection[Any]) -> None:
    port = sqlport.port(f"SELECT {expression} FROM v", schema=SCHEMA, driver="none")
    assert [finding.applied for finding in port.findings if finding.code != "IDN008"] == [True]
    for value in DATES:
        assert on_postgres(postgres, port.sql, value) == on_sqlite(expression, value), value
    for value in OTHERS + RAISING:
        with pytest.raises(psycopg.errors.DataError):
            on_postgres(postgres, port.sql, value)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_helpers_read_all_text_as_sqlite_does(expression: str, postgres: psycopg.Connection[Any]) -> None:
    ported = helped(f"SELECT {expression} FROM v")
    assert "sqlport_timestamp(x)" in ported
    for value in [*DATES, *OTHERS]:
        assert on_postgres(postgres, ported, value) == on_sqlite(expression, value), value
    for value in RAISING:
        with pytest.raises(psycopg.errors.DataError):
            on_postgres(postgres, ported, value)


@pytest.mark.parametrize("expression", ["datetime(x, 'unixepoch')", "strftime('%Y', x, 'unixepoch', '+1 day')"])
def test_seconds_outside_the_calendar_give_null(expression: str, postgres: psycopg.Connection[Any]) -> None:
    sql = f"SELECT {expression} FROM n"
    schema = "CREATE TABLE n (x INTEGER)"
    port = sqlport.port(sql, schema=schema, driver="none")
    assert all(finding.applied for finding in port.findings)
    catalog = from_statements([("schema", schema)]).catalog
    exact = port_statement(sql, (), Request(HELPED, catalog, _rulebook(), lambda rule: True)).sql
    numbers = [0, -1, 1706689800, 253402300799 - 86400, 253402300800, 1706689800000, -62135596800, -(10**12), 10**15]
    for number in numbers:
        before = on_sqlite(expression, number)  # type: ignore[arg-type]
        for ported in (port.sql, exact):
            asked = ported.removesuffix(" FROM n") + f" FROM (SELECT ({number})::bigint AS x) AS n"
            assert postgres.execute(asked).fetchone() == (before,), (number, ported)
    with pytest.raises(psycopg.errors.DataError):
        postgres.execute(exact.removesuffix(" FROM n") + " FROM (SELECT -62135596801 AS x) AS n")
