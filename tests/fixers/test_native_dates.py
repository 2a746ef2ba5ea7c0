"""Under the profile `native` a date goes into a date column as a date, and into a text column as text."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Literal

import psycopg
import pytest

import sqlport
from sqlport.engines.server import Server

SCHEMA = "CREATE TABLE t (d DATETIME, e DATE, ok BOOLEAN, n TEXT, ti TIME)"
WRITES = [
    "UPDATE t SET d = datetime('now'), e = date('now', '-1 day'), n = datetime('now') WHERE ok IN (1)",
    "UPDATE t SET d = date('now'), ti = time('now')",
    "INSERT INTO t (n, d, e) VALUES (CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_DATE)",
    "INSERT INTO t VALUES (datetime('now', '-1 hour'), date('now'), 1, date('now'), CURRENT_TIME)",
    "INSERT INTO t (d) VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
]


@pytest.mark.parametrize("sql", WRITES)
def test_postgresql_takes_it(sql: str, server: Server) -> None:
    with server.database() as name, server.connect(name) as connection:
        connection.execute(sqlport.port(SCHEMA, profile="native").sql.encode())
        connection.execute("INSERT INTO t (ok) VALUES (true)")
        connection.execute(sqlport.port(sql, schema=SCHEMA, profile="native", driver="none").sql.encode())


@pytest.mark.parametrize("sql", WRITES)
def test_dates_stay_text_in_the_faithful_profile(sql: str) -> None:
    ported = sqlport.port(sql, schema=SCHEMA).sql
    assert "::date" not in ported
    assert "to_char" in ported


def test_a_midnight_is_stored_for_a_date(server: Server) -> None:
    with server.database() as name, server.connect(name) as connection:
        connection.execute(sqlport.port(SCHEMA, profile="native").sql.encode())
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        insert = "INSERT INTO t (d) VALUES (date('now'))"
        connection.execute(sqlport.port(insert, schema=SCHEMA, profile="native", driver="none").sql.encode())
        row = connection.execute("SELECT to_char(d AT TIME ZONE 'UTC', 'HH24:MI:SS') FROM t").fetchone()
        assert row == ("00:00:00",)


COMPARISONS = [
    "SELECT id FROM t WHERE d > datetime('now', '-1 day') ORDER BY id",
    "SELECT id FROM t WHERE datetime('now', '-36 hours') >= d ORDER BY id",
    "SELECT id FROM t WHERE d >= date('now', '-2 days') ORDER BY id",
    "SELECT id FROM t WHERE date('now') <= d ORDER BY id",
    "SELECT id FROM t WHERE d BETWEEN datetime('now', '-3 days') AND datetime('now') ORDER BY id",
    "SELECT id FROM t WHERE d < strftime('%Y-%m-%d %H:%M:%S', 'now', '-1 hour') ORDER BY id",
    "SELECT id FROM t WHERE CURRENT_TIMESTAMP > d ORDER BY id",
    "SELECT id FROM t WHERE e = date('now') OR e < date('now', '-2 days') ORDER BY id",
    "SELECT id FROM t WHERE e >= date('now', 'start of month') AND e <= CURRENT_DATE ORDER BY id",
    "SELECT CASE WHEN d > datetime('now') THEN 'f' ELSE 'p' END FROM t ORDER BY id",
    "SELECT count(*) FROM t WHERE NOT d < date('now')",
    "SELECT max(d), min(e) FROM t",
    "SELECT d || '/' || e FROM t WHERE id = 1",
]
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATETIME, e DATE)"


def test_a_date_column_compares_with_moments_as_its_text_does_in_sqlite(server: Server) -> None:
    with server.database() as name, server.connect(name) as postgres, closing(sqlite3.connect(":memory:")) as sqlite:
        sqlite.execute(TABLE)
        postgres.execute(sqlport.port(TABLE, profile="native", unsafe=True).sql.encode())
        postgres.execute("SET TimeZone = 'Asia/Tokyo'")
        for key, hours in enumerate((-100, -49, -47, -25, -23, -2, -0.5, 0.5, 30), 1):
            row = sqlite.execute(
                "SELECT ?, datetime('now', ?), date('now', ?)", (key, f"{hours} hours", f"{hours} hours")
            ).fetchone()
            sqlite.execute("INSERT INTO t VALUES (?, ?, ?)", row)
            postgres.execute("INSERT INTO t VALUES (%s, %s::timestamp AT TIME ZONE 'UTC', %s)", row)
        for sql in COMPARISONS:
            text = sqlport.port(sql, schema=TABLE, profile="native", unsafe=True, driver="none").sql
            assert postgres.execute(text.encode()).fetchall() == sqlite.execute(sql).fetchall(), text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM t WHERE d > date('now')",
        "SELECT id FROM t WHERE d = date('now')",
        "SELECT id FROM t WHERE d <= CURRENT_DATE",
        "SELECT id FROM t WHERE e < datetime('now')",
    ],
)
def test_what_midnight_would_change_is_left_for_postgresql_to_refuse(sql: str, server: Server) -> None:
    with server.database() as name, server.connect(name) as connection:
        connection.execute(sqlport.port(TABLE, profile="native", unsafe=True).sql.encode())
        text = sqlport.port(sql, schema=TABLE, profile="native", unsafe=True, driver="none").sql
        with pytest.raises(psycopg.errors.UndefinedFunction):
            connection.execute(text.encode())


@pytest.mark.parametrize("profile", ["faithful", "native"])
def test_a_default_of_seconds_makes_a_column_of_integers(
    profile: Literal["faithful", "native"], server: Server
) -> None:
    table = (
        "CREATE TABLE s (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT (strftime('%s', 'now')),"
        " b DATETIME DEFAULT (unixepoch()), c TEXT DEFAULT (strftime('%s', 'now')), d DATETIME)"
    )
    with server.database() as name, server.connect(name) as connection:
        connection.execute(sqlport.port(table, profile=profile, unsafe=True).sql.encode())
        connection.execute("INSERT INTO s (id) VALUES (1)")
        row = connection.execute("SELECT at, b, c FROM s").fetchone()
        assert row is not None
        assert [type(value) for value in row] == [int, int, str]
        query = "SELECT id FROM s WHERE at > strftime('%s', 'now') - 60"
        text = sqlport.port(query, schema=table, profile=profile, unsafe=True, driver="none").sql
        assert connection.execute(text.encode()).fetchall() == [(1,)]
