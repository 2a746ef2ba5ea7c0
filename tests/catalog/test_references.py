"""Columns of foreign keys have on PostgreSQL the type of what they refer to, and views that of what they compute."""

from __future__ import annotations

import pytest

import sqlport
from sqlport.catalog import Referred, from_statements
from sqlport.catalog.types import column_type
from sqlport.model import Target

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, nr TEXT UNIQUE, note TEXT)"


def referred(*tables: str, of: str = "c", column: str = "pid") -> Referred | None:
    found = from_statements([("", sql) for sql in tables]).catalog.table(of)
    assert found is not None
    place = found.column(column)
    assert place is not None
    return place.referred


def type_of(*tables: str, of: str = "c", column: str = "pid") -> str:
    found = from_statements([("", sql) for sql in tables]).catalog.table(of)
    assert found is not None
    place = found.column(column)
    assert place is not None
    return column_type(place, of, Target())


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        ("CREATE TABLE c (pid TEXT REFERENCES p)", "bigint"),
        ("CREATE TABLE c (k TEXT, pid VARCHAR(9), FOREIGN KEY (pid) REFERENCES P (ID))", "bigint"),
        ("CREATE TABLE c (pid INT REFERENCES p (nr))", "text"),
        ("CREATE TABLE c (pid REAL REFERENCES p (id))", "bigint"),
        ("CREATE TABLE c (pid INT REFERENCES p (id))", "bigint"),
        ("CREATE TABLE c (pid TEXT REFERENCES p (nr))", "text"),
        ("CREATE TABLE c (pid TEXT)", "text"),
    ],
)
def test_the_type_is_that_of_the_referred_column_where_the_own_does_not_do(child: str, expected: str) -> None:
    assert type_of(PARENT, child) == expected


@pytest.mark.parametrize(
    "child",
    [
        "CREATE TABLE c (pid TEXT REFERENCES nowhere (id))",
        "CREATE TABLE c (pid INT REFERENCES p (note))",  # not unique: there is no such key in PostgreSQL
        "CREATE TABLE c (pid TEXT REFERENCES p (missing))",
    ],
)
def test_a_key_that_postgres_cannot_have_changes_nothing(child: str) -> None:
    assert referred(PARENT, child) is None


def test_the_last_column_of_a_chain_counts_and_a_circle_ends() -> None:
    middle = "CREATE TABLE m (pid TEXT PRIMARY KEY REFERENCES p (id))"
    assert type_of(PARENT, middle, "CREATE TABLE c (pid TEXT REFERENCES m)") == "bigint"
    circle = (
        "CREATE TABLE a (id TEXT PRIMARY KEY REFERENCES b (id))",
        "CREATE TABLE b (id TEXT PRIMARY KEY REFERENCES a (id))",
    )
    assert type_of(*circle, of="a", column="id") == "text"


def test_statements_compare_such_columns_as_they_are() -> None:
    schema = f"{PARENT}; CREATE TABLE c (pid TEXT REFERENCES p (id))"
    ported = sqlport.port("SELECT p.note FROM c JOIN p ON c.pid = p.id", schema=schema, unsafe=True)
    assert ported.sql == "SELECT p.note FROM c JOIN p ON c.pid = p.id"


@pytest.mark.parametrize(
    "sql",
    ["SELECT sum(v.cost) FROM v", "SELECT twice FROM v WHERE v.twice > 2.5", "SELECT name FROM v WHERE name = 'a'"],
)
def test_what_a_view_computes_is_no_text(sql: str) -> None:
    schema = """CREATE TABLE t (name TEXT, price REAL NOT NULL, n INTEGER NOT NULL);
        CREATE VIEW v AS SELECT name, price * n AS cost, price * 2 AS twice FROM t"""
    ported = sqlport.port(sql, schema=schema, unsafe=True)
    assert (ported.sql, [finding.code for finding in ported.findings]) == (sql, [])
