"""Under the profile `native` a date goes into a date column as a date, and into a text column as text."""

from __future__ import annotations

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
