"""Text keeps SQLite's order whatever the database sorts by: its columns carry the collation along."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sqlport import port
from sqlport.config import Config
from sqlport.engines import _installations
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server, describe
from sqlport.model import Target
from sqlport.rulebook import load
from sqlport.schema import port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server

SCHEMA = """
CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT NOT NULL, v VARCHAR(9) NOT NULL, n TEXT NOT NULL COLLATE NOCASE, j TEXT);
CREATE TABLE many (s TEXT NOT NULL);
CREATE INDEX many_s ON many (s);
"""
LETTERS = "abAB_ -.zZéÉäßñ1２"
QUERIES = (
    "SELECT id FROM t ORDER BY s, id",
    "SELECT id FROM t ORDER BY v DESC, id",
    "SELECT id FROM t ORDER BY n, id",
    "SELECT id FROM t ORDER BY s || v, id",
    "SELECT id FROM t ORDER BY substr(s, 2), upper(v), id",
    "SELECT id FROM t ORDER BY CASE WHEN id > 20 THEN s ELSE 'B' END, id",
    "SELECT count(*) FROM t WHERE s BETWEEN 'A' AND 'b'",
    "SELECT count(*) FROM t WHERE s > 'a' AND v <= 'É'",
    "SELECT max(s), min(v), min(lower(s)) FROM t",
    "SELECT s FROM t UNION SELECT v FROM t ORDER BY 1",
    "SELECT s, row_number() OVER (ORDER BY v, id) FROM t ORDER BY id",
    "SELECT lower(s), upper(v) FROM t ORDER BY id",
    "SELECT id FROM t WHERE s LIKE 'É%' OR v LIKE '%ä%' ORDER BY id",
    "SELECT id FROM t WHERE lower(s) = lower('ÉA') OR upper(s) = upper('é') ORDER BY id",
    "SELECT id FROM t ORDER BY json_extract(j, '$.s'), id",
    "WITH RECURSIVE p(id, path) AS (SELECT 0, '' UNION ALL SELECT t.id, p.path || t.s FROM t JOIN p ON t.id = p.id + 1"
    " WHERE t.id < 9) SELECT path FROM p ORDER BY path",
)


@contextmanager
def english() -> Iterator[Server]:
    """A server of this machine that was built with ICU."""
    if not _installations.system():
        pytest.skip("no PostgreSQL server programs on this machine")
    with throwaway("system") as server:
        with server.connect() as connection:
            row = connection.execute("SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu'").fetchone()
        if row != (1,):
            pytest.skip("the server on this machine knows no language")
        yield server


def create(server: Server, options: str) -> str:
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE worded TEMPLATE template0 ENCODING 'UTF8' {options}".encode())
    return "worded"


def filled(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    draw = random.Random(7)
    for key in range(1, 60):
        words = ["".join(draw.choices(letters, k=draw.randint(0, 4))) for letters in (LETTERS, LETTERS, LETTERS[:10])]
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", (key, *words, f'{{"s": "{words[0]}"}}'))
    connection.commit()
    return connection


def ported(path: Path, target: Target) -> str:
    return up_sql(port_schema(read_source(path, Config()), target, load()))


def test_every_query_sorts_and_folds_as_sqlite_in_a_database_of_a_language(tmp_path: Path) -> None:
    with filled(tmp_path / "app.db") as sqlite, english() as server:
        name = create(server, "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'")
        with server.connect(name) as connection:
            assert describe(connection, "").locale == "en-US"
            assert one(connection, "SELECT 'a' < 'B'") is True
            connection.execute(ported(tmp_path / "app.db", Target()).encode())
            rows = sqlite.execute("SELECT * FROM t").fetchall()
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s, %s)", rows)
            for query in QUERIES:
                expected = sqlite.execute(query).fetchall()
                text = port(query, schema=SCHEMA, unsafe=True, locale="").sql
                assert connection.execute(text.encode()).fetchall() == expected, text


def test_a_plain_index_serves_prefixes_in_a_database_of_a_language(tmp_path: Path) -> None:
    filled(tmp_path / "app.db").close()
    with english() as server:
        name = create(server, "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'")
        with server.connect(name) as connection:
            connection.execute(ported(tmp_path / "app.db", Target()).encode())
            connection.execute("SET enable_seqscan = off")
            plan = connection.execute("EXPLAIN (COSTS off) SELECT s FROM many WHERE s LIKE 'ab%'").fetchall()
            assert any("Index Cond" in line for (line,) in plan)


def test_what_a_database_would_sort_otherwise_is_drift(server: Server, tmp_path: Path) -> None:
    filled(tmp_path / "app.db").close()
    source = read_source(tmp_path / "app.db", Config())
    if server.info.major < 17:
        pytest.skip("has no locale but those of the system")
    name = create(server, "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
    try:
        with server.connect(name) as connection:
            connection.execute(ported(tmp_path / "app.db", Target()).encode())
            connection.execute("ALTER TABLE t ALTER s TYPE text, ALTER n TYPE citext")
        found = drift(source, port_schema(source, Target(), load()), server.database_url(name), server)
        assert list(map(str, found.differences)) == [
            "different collation t.s: expected C, found C.UTF-8",
            "different collation t.n: expected C, found C.UTF-8",
        ]
    finally:
        with server.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_no_collation_is_needed_where_the_database_has_it(server: Server, tmp_path: Path) -> None:
    filled(tmp_path / "app.db").close()
    source = read_source(tmp_path / "app.db", Config())
    plain = ported(tmp_path / "app.db", Target(locale="C"))
    assert "COLLATE" not in plain
    with server.database() as name:
        with server.connect(name) as connection:
            connection.execute(plain.encode())
        for locale in ("C", ""):
            found = drift(source, port_schema(source, Target(locale=locale), load()), server.database_url(name), server)
            assert found.differences == ()


def test_a_type_in_brackets_and_a_collation_of_the_program_become_text_in_sqlites_order(
    server: Server, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "odd.db") as connection:
        connection.create_collation("mine", lambda a, b: (a > b) - (a < b))
        connection.execute(
            "CREATE TABLE t (a varchar[10], b TEXT COLLATE mine NOT NULL, c 'nvarchar'(3) COLLATE BINARY)"
        )
    source = read_source(tmp_path / "odd.db", Config())
    sure, _ = on_server(port_schema(source, Target(), load()), server)
    assert [each.sql for each in sure.schema.of_kind("table")] == [
        'CREATE TABLE t (a text COLLATE "C", b TEXT COLLATE "C" NOT NULL, c text COLLATE "C")'
    ]
    assert [(each.kind, each.columns) for each in sure.schema.not_ported] == [("collate", ("b",))]


def one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
