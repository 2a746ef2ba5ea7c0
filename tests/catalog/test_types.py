"""Declared types to PostgreSQL types, and SQLite's own affinities."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlport.catalog import Column, affinity
from sqlport.catalog.types import cast_type, column_choice, column_type, postgres_type
from sqlport.engines.server import Server
from sqlport.model import Target

FAITHFUL = Target()
NATIVE = Target(profile="native")

TYPES = [
    ("INTEGER", "bigint", "bigint"),
    ("INT", "bigint", "bigint"),
    ("INT(11)", "bigint", "bigint"),
    ("TINYINT(1)", "bigint", "bigint"),
    ("SMALLINT", "bigint", "bigint"),
    ("MEDIUMINT", "bigint", "bigint"),
    ("BIGINT", "bigint", "bigint"),
    ("UNSIGNED BIG INT", "bigint", "bigint"),
    ("INTEGER UNSIGNED", "bigint", "bigint"),
    ("int8", "bigint", "bigint"),
    ("BIT", "bigint", "bigint"),
    ("REAL", "double precision", "double precision"),
    ("DOUBLE", "double precision", "double precision"),
    ("Double  Precision", "double precision", "double precision"),
    ("FLOAT(10,2)", "double precision", "double precision"),
    ("TEXT", "text", "text"),
    ("VARCHAR(255)", "text", "text"),
    ("CHAR(3)", "text", "text"),
    ("NATIVE CHARACTER(70)", "text", "text"),
    ("NVARCHAR(50)", "text", "text"),
    ("CLOB", "text", "text"),
    ("STRING", "text", "text"),
    ("BLOB", "bytea", "bytea"),
    ("VARBINARY(16)", "bytea", "bytea"),
    ("BOOLEAN", "bigint", "boolean"),
    ("bool", "bigint", "boolean"),
    ("DATE", "text", "date"),
    ("DATETIME", "text", "timestamptz"),
    ("TIMESTAMP", "text", "timestamptz"),
    ("timestamp without time zone", "text", "timestamptz"),
    ("TIME", "text", "time"),
    ("NUMERIC", "numeric", "numeric"),
    ("DECIMAL(10,2)", "numeric", "numeric(10,2)"),
    ("DECIMAL ( 10 , 5 )", "numeric", "numeric(10,5)"),
    ("NUMBER", "numeric", "numeric"),
    ("JSON", "text", "jsonb"),
    ("UUID", "text", "uuid"),
    ("GUID", "text", "uuid"),
    ("", "text", "text"),
    ("ANY", "text", "text"),
    ("WHATEVER", "text", "text"),
]


@pytest.mark.parametrize(("declared", "faithful", "native"), TYPES)
def test_the_profile(declared: str, faithful: str, native: str) -> None:
    assert postgres_type(declared, FAITHFUL).type == faithful
    assert postgres_type(declared, NATIVE).type == native


def test_every_type_exists_on_the_server(server: Server) -> None:
    names = {postgres_type(declared, target).type for declared, _, _ in TYPES for target in (FAITHFUL, NATIVE)}
    with server.connect() as connection:
        for name in names:
            row = connection.execute("SELECT %s::regtype IS NOT NULL", (name.split("(")[0],)).fetchone()
            assert row == (True,)


@pytest.mark.parametrize("declared", ["TEXT", "bigint", "double precision", "NUMERIC", "bytea"])
def test_a_name_that_means_the_same_is_no_finding(declared: str) -> None:
    choice = postgres_type(declared, FAITHFUL)
    assert (choice.rule, choice.reason, choice.type) == ("", "", declared.lower())


@pytest.mark.parametrize(
    ("declared", "rule", "certain"),
    [
        ("INTEGER", "DDL001", True),
        ("REAL", "DDL001", True),
        ("VARCHAR(20)", "DDL003", True),
        ("CHAR(3)", "DDL003", True),
        ("NVARCHAR(50)", "DDL001", True),
        ("NATIVE CHARACTER(70)", "DDL001", True),
        ("DATETIME", "DDL001", True),
        ("NUMBER", "DDL001", True),
        ("GUID", "DDL001", True),
        ("BOOLEAN", "DDL004", True),
        ("DATE", "DDL004", True),
        ("DECIMAL(10,2)", "DDL004", True),
        ("NUMERIC(10,2)", "DDL004", True),
        ("", "DDL008", False),
        ("ANY", "DDL008", False),
        ("STRING", "DDL001", False),
        ("FROBNITZ", "DDL001", False),
    ],
)
def test_the_rule_and_the_certainty(declared: str, rule: str, certain: bool) -> None:
    choice = postgres_type(declared, FAITHFUL)
    assert (choice.rule, choice.certain) == (rule, certain)
    assert choice.reason


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (None, "text"),
        ("'a'", "text"),
        ("NULL", "text"),
        ("0", "bigint"),
        ("- 1", "bigint"),
        ("(5)", "bigint"),
        ("true", "bigint"),
        ("1.5", "double precision"),
        ("1e3", "double precision"),
        ("x'00'", "bytea"),
        ("CURRENT_TIMESTAMP", "text"),
    ],
)
def test_the_default_of_a_column_without_a_type(default: str | None, expected: str) -> None:
    assert postgres_type("", FAITHFUL, default=default).type == expected
    assert postgres_type("TEXT", FAITHFUL, default=default).type == "text"


def test_nocase_text_is_citext() -> None:
    choice = postgres_type("VARCHAR(20)", FAITHFUL, collation="NOCASE")
    assert (choice.type, choice.extension, choice.rule) == ("citext", "citext", "COL002")
    assert postgres_type("INTEGER", FAITHFUL, collation="NOCASE").type == "bigint"


def test_a_collation_that_postgresql_lacks_is_said() -> None:
    choice = postgres_type("TEXT", FAITHFUL, collation="unicode_ci")
    assert (choice.type, choice.certain) == ("text", False)
    assert "unicode_ci" in choice.reason


@pytest.mark.parametrize(
    ("locale", "sql"),
    [("C", "text"), ("POSIX", "text"), *((each, 'text COLLATE "C"') for each in ("", "C.UTF-8", "en_US.UTF-8"))],
)
def test_text_compares_by_code_points_in_every_locale(locale: str, sql: str) -> None:
    assert postgres_type("TEXT", Target(locale=locale)).sql == sql
    assert postgres_type("TEXT", Target(locale=locale), collation="NOCASE").sql == sql.replace("text", "citext")
    assert postgres_type("TEXT", Target(locale=locale, types={"text": "varchar(9)"})).sql == sql.replace(
        "text", "varchar(9)"
    )
    assert postgres_type("INTEGER", Target(locale=locale)).sql == "bigint"


def test_the_configuration_wins_from_the_column_to_the_bare_name() -> None:
    target = Target(
        types={"Users.Active": "boolean", "decimal(10,2)": "numeric(10,2)", "Decimal": "money", "datetime": "timestamp"}
    )
    assert postgres_type("INTEGER", target, "users.active").type == "boolean"
    assert postgres_type("INTEGER", target, "orders.active").type == "bigint"
    assert postgres_type("DECIMAL(10, 2)", target).type == "numeric(10,2)"
    assert postgres_type("DECIMAL(5)", target).type == "money"
    assert cast_type("DATETIME", target) == "timestamp"


def test_the_type_of_a_column() -> None:
    column = Column("name", "TEXT", "TEXT", collation="NOCASE")
    assert column_type(column, "users", FAITHFUL) == "citext"
    assert column_choice(column, "users", Target(types={"users.name": "text"})).type == "citext"


@pytest.mark.parametrize(
    ("name", "faithful", "native"),
    [
        ("INTEGER", "bigint", "bigint"),
        ("UNSIGNED BIG INT", "bigint", "bigint"),
        ("SIGNED", "bigint", "bigint"),
        ("REAL", "double precision", "double precision"),
        ("TEXT", "text", "text"),
        ("VARCHAR(3)", "text", "text"),
        ("NVARCHAR(10)", "text", "text"),
        ("BLOB", "bytea", "bytea"),
        ("BOOLEAN", "bigint", "boolean"),
        ("DECIMAL(10,2)", "double precision", "numeric(10,2)"),
        ("NUMERIC", "double precision", "double precision"),
        ("DATE", "double precision", "date"),
    ],
)
def test_casts_go_by_affinity(name: str, faithful: str, native: str) -> None:
    assert cast_type(name, FAITHFUL) == faithful
    assert cast_type(name, NATIVE) == native


PARTS = st.sampled_from(
    ["INT", "CHAR", "CLOB", "TEXT", "BLOB", "REAL", "FLOA", "DOUB", "NUM", "X", "ANY", "DATE", " ", "e"]
)


@given(st.lists(PARTS, min_size=1, max_size=5).map("".join).filter(str.strip))
@settings(max_examples=200, deadline=None)
def test_affinity_is_that_of_sqlite(declared: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t(v {declared})")
    connection.executemany("INSERT INTO t VALUES (?)", [("5",), (5,)])
    stored = [kind for (kind,) in connection.execute("SELECT typeof(v) FROM t ORDER BY rowid")]
    (cast,) = connection.execute(f"SELECT CAST('4.5' AS {declared})").fetchone()
    connection.close()
    found = affinity(declared)
    expected = {
        "TEXT": ["text", "text"],
        "BLOB": ["text", "integer"],
        "REAL": ["real", "real"],
        "INTEGER": ["integer", "integer"],
        "NUMERIC": ["integer", "integer"],
    }
    assert stored == expected[found]
    assert (cast == 4) == (found == "INTEGER")


@pytest.mark.parametrize(
    ("declared", "strict", "expected"), [("ANY", True, "BLOB"), ("ANY", False, "NUMERIC"), ("", False, "BLOB")]
)
def test_any_and_nothing(declared: str, strict: bool, expected: str) -> None:
    assert affinity(declared, strict=strict) == expected
