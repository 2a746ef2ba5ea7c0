"""NOCASE columns that stay text (`nocase = "lower"`): schema, statements and rows agree with SQLite's."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sqlport.catalog import from_statements
from sqlport.config import Config
from sqlport.engines import _installations
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.model import StatementPort, Target
from sqlport.porting import Request, port_statement
from sqlport.rulebook import load
from sqlport.schema import down_sql, port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server

BOOK = load()
CONFIG = Config(types={"nocase": "lower"})
SCHEMA = """
CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, p TEXT, n VARCHAR(9) NOT NULL COLLATE NOCASE,
    m TEXT COLLATE NOCASE, CHECK (n <> 'Bad'), UNIQUE (n, p, id));
CREATE INDEX by_n ON u (n, p DESC);
CREATE UNIQUE INDEX some ON u (m, id) WHERE n = 'Zed';
CREATE INDEX exact ON u (n COLLATE BINARY);
CREATE TABLE k (name TEXT COLLATE NOCASE PRIMARY KEY, v TEXT) WITHOUT ROWID;
CREATE TABLE r (name TEXT COLLATE NOCASE NOT NULL UNIQUE);
CREATE TABLE f (a TEXT COLLATE NOCASE REFERENCES k, b TEXT COLLATE NOCASE REFERENCES r (name));
CREATE VIEW v AS SELECT id, n, upper(n) AS big FROM u WHERE n IN ('bob', 'É', 'aB');
CREATE TRIGGER t AFTER INSERT ON u WHEN NEW.n = 'Zed' BEGIN UPDATE k SET v = 'seen' WHERE name = NEW.name; END;
"""
QUERIES = (
    "SELECT id FROM u WHERE name = 'bOB' ORDER BY id",
    "SELECT id FROM u WHERE name = ? OR n <> ? ORDER BY id",
    "SELECT id FROM u WHERE name = 'É' OR ? = name ORDER BY id",
    "SELECT id FROM u WHERE name = p ORDER BY id",
    "SELECT id FROM u WHERE p = name ORDER BY id",
    "SELECT id FROM u WHERE name IN ('A', ?, p) ORDER BY id",
    "SELECT id FROM u WHERE p IN (SELECT n FROM u) ORDER BY id",
    "SELECT id FROM u WHERE n IN (SELECT p FROM u) ORDER BY id",
    "SELECT 'AB' IN (SELECT n FROM u), 'aB' IN (SELECT p FROM u)",
    "SELECT id FROM u WHERE n BETWEEN 'B' AND ? ORDER BY id",
    "SELECT id FROM u WHERE n NOT BETWEEN p AND 'q' ORDER BY id",
    "SELECT id FROM u WHERE name IS ? OR name IS NOT n ORDER BY id",
    "SELECT id FROM u WHERE n > upper(p) ORDER BY id",
    "SELECT id FROM u WHERE upper(n) = 'AB' ORDER BY id",
    "SELECT id FROM u WHERE n = 'AB' COLLATE BINARY OR n COLLATE BINARY > 'a' ORDER BY id",
    "SELECT id FROM u WHERE p = 'AB' COLLATE NOCASE ORDER BY id",
    "SELECT id FROM u WHERE n LIKE 'a%' ORDER BY id",
    "SELECT id, instr(n, 'b'), replace(n, 'A', 'x') FROM u ORDER BY id",
    "SELECT id FROM u ORDER BY n, id",
    "SELECT id FROM u ORDER BY n COLLATE BINARY DESC, id",
    "SELECT n AS x, id FROM u ORDER BY x DESC, 2",
    "SELECT id FROM u ORDER BY m DESC, id",
    "SELECT m, id FROM u ORDER BY 1, 2",
    "SELECT count(*) FROM u GROUP BY n ORDER BY 1",
    "SELECT count(DISTINCT n), count(DISTINCT p) FROM u",
    "SELECT id, row_number() OVER (PARTITION BY n ORDER BY id), rank() OVER (ORDER BY n) FROM u ORDER BY id",
    "SELECT CASE n WHEN 'AB' THEN 1 WHEN p THEN 2 ELSE 3 END FROM u ORDER BY id",
    "SELECT x.id FROM (SELECT id, n AS y FROM u) x WHERE x.y = 'AB' ORDER BY x.id",
    "WITH c AS (SELECT id, n FROM u) SELECT id FROM c WHERE n = 'AB' ORDER BY id",
    "SELECT id FROM v WHERE n = 'AB' ORDER BY id",
    "SELECT id FROM v WHERE big = 'ab' ORDER BY id",
    "SELECT a.id, b.id FROM u a JOIN u b ON a.n = b.n ORDER BY 1, 2",
    "SELECT id FROM u WHERE EXISTS (SELECT 1 FROM k WHERE k.name = u.n) ORDER BY id",
)
WRITES = (
    "INSERT INTO k VALUES ('BOB', 'again') ON CONFLICT (name) DO UPDATE SET v = excluded.v WHERE k.name <> 'x'",
    "INSERT OR REPLACE INTO k (name, v) VALUES ('AB', 'third'), ('ÄB', 'fourth')",
    "INSERT OR IGNORE INTO k (name, v) VALUES ('bob', 'never'), ('new', 'one')",
    "UPDATE k SET v = name, name = 'New' WHERE name = 'NEW'",
    "DELETE FROM k WHERE name IN ('ÄB')",
    "DELETE FROM u WHERE name = 'bob'",
    "INSERT INTO u (id, name, n) VALUES (901, 'Bob', 'zED')",
)
BY_HAND = (
    "SELECT DISTINCT n FROM u",
    "SELECT n, count(*) FROM u GROUP BY n",
    "SELECT n FROM u UNION SELECT v FROM k",
    "SELECT p FROM u UNION SELECT n FROM u ORDER BY 1",
    "SELECT min(n) FROM u",
    "SELECT nullif(n, 'x') FROM u",
    "SELECT * FROM u JOIN k USING (name)",
    "SELECT * FROM u NATURAL JOIN k",
    "SELECT id FROM u WHERE (n, p) = ('a', 'b')",
    "SELECT id FROM u WHERE 'x' BETWEEN p AND n",
)
OTHERS = (
    "SELECT n FROM u",
    "SELECT n FROM u UNION ALL SELECT v FROM k",
    "UPDATE u SET n = 'X', p = n WHERE p = 'X'",
    "SELECT length(n), n || 'X', coalesce(n, 'X'), CAST(n AS INTEGER) FROM u",
    "SELECT id FROM u WHERE n IS NULL OR p = 'X'",
    "SELECT lower(n) FROM u WHERE lower(n) = 'x'",
)


def database(folder: Path) -> Path:
    file = folder / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(SCHEMA)
    draw = random.Random(3)
    words = ["".join(draw.choices("aAbBéÉ_Zz[", k=draw.randint(0, 2))) for _ in range(120)]
    seen: set[str] = set()
    for key, word in enumerate([*words, "bob", "aB", "Zed"], 1):
        folded = "".join(letter.lower() if letter.isascii() else letter for letter in word)
        name = None if folded in seen else word
        seen.add(folded)
        row = (key, name, draw.choice(words), word, draw.choice([*words, None]))
        connection.execute("INSERT INTO u VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("INSERT INTO k VALUES ('Bob', 'x'), ('aB', 'y')")
    connection.execute("INSERT INTO r VALUES ('Al')")
    connection.execute("INSERT INTO f VALUES ('Bob', 'Al')")
    connection.commit()
    connection.close()
    return file


def statement(sql: str, locale: str = "") -> StatementPort:
    catalog = from_statements([("", SCHEMA)]).catalog
    target = Target(types=CONFIG.types, driver="none", locale=locale)
    return port_statement(sql, (), Request(target, catalog, BOOK, lambda rule: True, unsafe=True))


@pytest.fixture
def both(tmp_path: Path, server: Server) -> Iterator[tuple[sqlite3.Connection, psycopg.Connection[Any]]]:
    source = read_source(database(tmp_path), CONFIG)
    schema = port_schema(source, CONFIG.target, BOOK)
    with server.database() as name, server.connect(name) as postgres:
        postgres.execute(up_sql(schema).encode())
        sqlite = sqlite3.connect(tmp_path / "app.db")
        for table in ("u", "k", "r", "f"):
            rows = sqlite.execute(f"SELECT * FROM {table}").fetchall()
            with postgres.cursor() as cursor:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})".encode(), rows)
        yield sqlite, postgres
        sqlite.close()


def test_the_schema_arrives_without_drift_and_can_be_taken_back(tmp_path: Path, server: Server) -> None:
    source = read_source(database(tmp_path), CONFIG)
    schema = port_schema(source, CONFIG.target, BOOK)
    sure, _ = on_server(schema, server)
    assert sure.schema.not_ported == ()
    assert not sure.schema.of_kind("extension")
    with server.database() as name:
        with server.connect(name) as connection:
            connection.execute(up_sql(sure.schema).encode())
        assert drift(source, schema, server.database_url(name), server).differences == ()
        with server.connect(name) as connection:
            connection.execute("DROP INDEX u_name_lower_key")
            connection.execute("DROP INDEX by_n; CREATE INDEX by_n ON u (n, p DESC)")
        found = drift(source, schema, server.database_url(name), server).differences
        assert [str(each) for each in found] == [
            "missing unique u (lower(name))",
            "different index u.by_n: expected (lower(n), p desc), found (n, p desc)",
        ]
        with server.connect(name) as connection:
            connection.execute(down_sql(sure.schema).encode())
            left = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            assert left.fetchone() == (0,)


def test_every_query_answers_as_sqlite(both: tuple[sqlite3.Connection, psycopg.Connection[Any]]) -> None:
    sqlite, postgres = both
    for sql in QUERIES:
        for value in ("aB", "É", "_", "Zz"):
            given = [value] * sql.count("?")
            port = statement(sql)
            wrong = [found.message for found in port.findings if not found.applied and found.code == "COL002"]
            assert not wrong, (sql, wrong)
            question = port.question
            for place, text in enumerate(given, 1):
                question = question.replace(f"${place}", f"'{text}'::text")
            expected = sqlite.execute(sql, given).fetchall()
            found = postgres.execute(question.encode()).fetchall()
            assert [tuple(map(int_of, row)) for row in found] == expected, question


def int_of(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def test_writes_meet_the_rows_that_they_meet_in_sqlite(
    both: tuple[sqlite3.Connection, psycopg.Connection[Any]],
) -> None:
    sqlite, postgres = both
    for sql in WRITES:
        sqlite.execute(sql)
        postgres.execute(statement(sql).question.encode())
        query = "SELECT name, v FROM k ORDER BY name"
        assert sorted(postgres.execute(query).fetchall()) == sorted(sqlite.execute(query).fetchall()), sql


def test_a_second_row_that_differs_by_case_alone_is_refused(
    both: tuple[sqlite3.Connection, psycopg.Connection[Any]],
) -> None:
    _, postgres = both
    for sql in ("INSERT INTO k VALUES ('bOB', '')", "INSERT INTO r VALUES ('AL')"):
        with pytest.raises(psycopg.errors.UniqueViolation):
            postgres.execute(sql.encode())
    postgres.execute("INSERT INTO k VALUES ('Ä', ''), ('ä', '')")  # NOCASE tells them apart


@pytest.mark.parametrize("sql", BY_HAND)
def test_what_lower_cannot_say_is_told(sql: str) -> None:
    assert any(found.code == "COL002" and not found.applied for found in statement(sql).findings)


@pytest.mark.parametrize("sql", OTHERS)
def test_what_the_collation_does_not_touch_stays(sql: str) -> None:
    assert not any(found.code == "COL002" for found in statement(sql).findings)


@pytest.mark.parametrize("locale", ["", "C"])
def test_a_second_port_finds_nothing(locale: str) -> None:
    for sql in (*QUERIES, *WRITES):
        once = statement(sql, locale).question
        assert statement(once, locale).question == once


def test_without_the_setting_nothing_goes_under_lower() -> None:
    catalog = from_statements([("", SCHEMA)]).catalog
    request = Request(Target(driver="none"), catalog, BOOK, lambda rule: True, unsafe=True)
    assert port_statement("SELECT id FROM u WHERE n = 'AB' ORDER BY id", (), request).findings == ()


ICU = (
    ("SELECT id FROM u WHERE name = p", "name = p COLLATE nocase"),
    ("SELECT id FROM u WHERE p = name", 'p = name COLLATE "C"'),
    ("SELECT id FROM u WHERE n NOT BETWEEN p AND 'q'", "n NOT BETWEEN (p COLLATE nocase) AND 'q'"),
    ("SELECT id FROM u WHERE p IN (SELECT n FROM u)", 'p IN (SELECT n COLLATE "C" FROM u)'),
    ("SELECT id FROM u WHERE n LIKE 'a%'", "n ILIKE 'a%' COLLATE \"C\""),
    ("SELECT instr(n, 'b') FROM u", "strpos(n COLLATE \"C\", 'b')"),
    ("SELECT id FROM u WHERE upper(n) = 'AB'", "upper(n) = 'AB' COLLATE \"C\""),
    ("SELECT CASE n WHEN p THEN 1 END FROM u", "CASE n WHEN p COLLATE nocase THEN 1 END"),
    ("SELECT id FROM u WHERE name = 'bOB' OR n = m", "name = 'bOB' OR n = m"),
    ("SELECT id FROM u WHERE p = 'x' COLLATE NOCASE", "p = 'x' COLLATE NOCASE"),
)


def icu_statement(sql: str) -> str:
    catalog = from_statements([("", SCHEMA)]).catalog
    target = Target(types={"nocase": "icu"}, driver="none")
    return port_statement(sql, (), Request(target, catalog, BOOK, lambda rule: True, unsafe=True)).question


@pytest.mark.parametrize(("sql", "part"), ICU)
def test_a_collation_of_icu_is_told_apart_from_that_of_other_columns(sql: str, part: str) -> None:
    assert part in icu_statement(sql)
    assert icu_statement(icu_statement(sql)) == icu_statement(sql)


def test_a_server_with_icu_takes_what_is_told_apart() -> None:
    if not _installations.system():
        pytest.skip("no PostgreSQL server programs on this machine")
    with throwaway("system") as server, server.database() as name, server.connect(name) as connection:
        if connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'en-x-icu'").fetchone() is None:
            pytest.skip("a server without ICU")
        connection.execute(
            "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
        connection.execute(
            'CREATE TABLE u (id bigint, p text COLLATE "C", name text COLLATE nocase, n text COLLATE nocase,'
            " m text COLLATE nocase)"
        )
        connection.execute("INSERT INTO u VALUES (1, 'bob', 'Bob', 'Ab', 'aB'), (2, 'x', 'a', 'x', NULL)")
        for sql, _ in ICU[:-1]:
            connection.execute(icu_statement(sql).encode())
        assert connection.execute(icu_statement(ICU[0][0]).encode()).fetchall() == [(1,)]
        assert connection.execute(icu_statement(ICU[1][0]).encode()).fetchall() == []
