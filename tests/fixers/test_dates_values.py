"""Date functions on both engines: random times, modifiers and formats give the same text, byte for byte."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqlport
from sqlport.engines.server import Server

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, ts TEXT, at INTEGER, n INTEGER NOT NULL)"
RECENT = sqlite3.sqlite_version_info >= (3, 46)


def _rows() -> list[tuple[int, str | None, int | None, int]]:
    """400 times between 1800 and 2200 in every form that SQLite writes, ends of months and years among them."""
    dice = random.Random(20240131)
    rows: list[tuple[int, str | None, int | None, int]] = [(0, None, None, 0)]
    for number in range(1, 400):
        at = datetime(1800, 1, 1) + timedelta(seconds=dice.randrange(400 * 365 * 86400))
        if number % 3 == 0:
            at = at.replace(day=1) - timedelta(days=1)
        if number % 7 == 0:
            at = at.replace(month=1, day=1) + timedelta(days=dice.randrange(-4, 9))
        forms = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        text = at.strftime(dice.choice(forms))
        if number % 4 == 0:
            text = f"{at:%Y-%m-%d %H:%M:%S}.{dice.randrange(1000):03d}"
        rows.append((number, text, dice.randrange(-4_000_000_000, 7_000_000_000), dice.randrange(-50, 50)))
    return rows


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", _rows())
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def postgres(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with server.connect() as connection:
        connection.execute("CREATE SCHEMA dates")
        connection.execute("SET search_path = dates")
        connection.execute(sqlport.port(SCHEMA, driver="none", unsafe=True).sql)
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s)", _rows())
        yield connection
        connection.rollback()


def amounts(*units: str) -> st.SearchStrategy[str]:
    return st.builds(
        "{}{} {}{}".format,
        st.sampled_from("+-"),
        st.integers(0, 40),
        st.sampled_from(units),
        st.sampled_from(["", "s"]),
    )


MODIFIERS = st.lists(
    st.one_of(
        amounts("day", "hour", "minute", "second", "month", "year"),
        st.sampled_from(["start of day", "start of month", "start of year"]),
        st.integers(0, 6).map("weekday {}".format),
        st.sampled_from(["+1.5 days", "-0.25 hours", "+12:30", "-00:00:30.250", "2 days", "+1.5 months", "-2.5 years"]),
        st.sampled_from(["+0001-02-03", "-0002-11-30 23:59", "subsec"] if RECENT else ["-1 month"]),
    ),
    max_size=4,
)
CONVERSIONS = "dfHjmMSswWY%" + ("eFGgIklpPRTuUV" if RECENT else "")
FORMATS = st.lists(
    st.one_of(st.sampled_from(CONVERSIONS).map("%{}".format), st.sampled_from(list("-/: TDYMS,.\"\\'äh0"))),
    min_size=1,
    max_size=6,
).map("".join)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def same(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], expression: str) -> None:
    sql = f"SELECT id, {expression} FROM t ORDER BY id"
    ported = sqlport.port(sql, schema=SCHEMA, unsafe=True)
    assert [finding.applied for finding in ported.findings] == [True] * len(ported.findings)
    with postgres.transaction(force_rollback=True):
        found = postgres.execute(ported.sql).fetchall()
    assert found == sqlite.execute(sql).fetchall(), ported.sql


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(name=st.sampled_from(["date", "time", "datetime", "julianday", "unixepoch"]), modifiers=MODIFIERS)
def test_modifiers_of_text(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], name: str, modifiers: list[str]
) -> None:
    same(sqlite, postgres, f"{name}({', '.join(['ts', *map(literal, modifiers)])})")


@quick
@given(name=st.sampled_from(["date", "time", "datetime", "unixepoch"]), modifiers=MODIFIERS)
def test_modifiers_of_seconds(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], name: str, modifiers: list[str]
) -> None:
    same(sqlite, postgres, f"{name}({', '.join(['at', *map(literal, ['unixepoch', *modifiers])])})")


@quick
@given(fmt=FORMATS)
def test_formats_of_text(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], fmt: str) -> None:
    same(sqlite, postgres, f"strftime({literal(fmt)}, ts)")


@quick
@given(fmt=FORMATS, modifiers=MODIFIERS)
def test_formats_of_seconds(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], fmt: str, modifiers: list[str]
) -> None:
    same(sqlite, postgres, f"strftime({', '.join([literal(fmt), 'at', *map(literal, ['unixepoch', *modifiers])])})")


@quick
@given(sign=st.sampled_from("+-"), unit=st.sampled_from(["day", "hours", "month", "years"]), modifiers=MODIFIERS)
def test_computed_amounts(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], sign: str, unit: str, modifiers: list[str]
) -> None:
    parts = ["ts", f"'{sign}' || abs(n) || ' {unit}'", *map(literal, modifiers)]
    same(sqlite, postgres, f"datetime({', '.join(parts)})")


@quick
@given(
    at=st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1)),
    modifiers=MODIFIERS,
    zone=st.sampled_from(["", "Z", "+02:00", "-11:30"]),
)
def test_literals(
    sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], at: datetime, modifiers: list[str], zone: str
) -> None:
    text = literal(f"{at:%Y-%m-%d %H:%M:%S}{zone}")
    same(sqlite, postgres, f"datetime({', '.join([text, *map(literal, modifiers)])})")


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(strftime('%Y', ts) AS INTEGER)",
        "CAST(strftime('%j', ts) AS INTEGER) * 2",
        "CAST(strftime('%Y%m', ts) AS INTEGER)",
        "strftime('%s', ts) - strftime('%s', '2000-01-01')",
        "strftime('%W', ts) + 0",
        "(strftime('%m', ts) + 2) / 3",
        "date(datetime(ts, '+1 hour'), '+1 month')",
        "date(strftime('%Y-%m-01', ts), '+1 month', '-1 day')",
        "julianday(ts) - julianday('2000-01-01 12:30')",
        "datetime(strftime('%s', ts), 'unixepoch')",
    ],
)
def test_uses(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], expression: str) -> None:
    same(sqlite, postgres, expression)
