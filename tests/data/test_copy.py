"""Rows arrive as they are, with their schema or in tables that are there, and nothing is seen before all is well."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchmarks.round_trip import content
from sqlport.data import load
from tests.data.conftest import Ask, Data, Make

SHOP = """
CREATE TABLE author (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE, born DATE, height REAL,
    n NUMERIC, d DECIMAL(10, 2), face BLOB, alive BOOLEAN
);
CREATE TABLE book (
    id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id), price REAL DEFAULT 0, "Order" TEXT,
    twice INTEGER AS (id * 2) STORED, CHECK (price >= 0)
);
CREATE INDEX book_author ON book (author);
CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE empty (x INTEGER);
CREATE TABLE "Mixed Case" ("Some Column" TEXT, "select" INTEGER, "from" REAL);
CREATE VIEW cheap AS SELECT id FROM book WHERE price < 5;
CREATE TRIGGER free AFTER INSERT ON book WHEN NEW.price IS NULL BEGIN UPDATE book SET price = 0 WHERE id = NEW.id; END;
WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300)
INSERT INTO author (name, born, height, n, d, face, alive)
SELECT 'näme ' || i, CASE WHEN i % 3 THEN '2024-01-02' END, i / 7.0, CASE WHEN i % 2 THEN i * 1e9 ELSE i / 1e5 END,
       i / 100.0, zeroblob(i), i % 2 FROM c;
INSERT INTO author (name) VALUES ('zz');
DELETE FROM author WHERE name = 'zz';
INSERT INTO book (id, author, price, "Order") SELECT id * 2, id, height, CASE WHEN id % 5 THEN name END FROM author;
INSERT INTO pair SELECT name, -id FROM author;
INSERT INTO "Mixed Case" VALUES ('', 1, 1e308), (NULL, -9223372036854775808, -0.0), ('é', 9223372036854775807, 9e999);
"""


def test_everything_arrives_with_its_schema(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    file = make(SHOP)
    before = file.read_bytes()
    result = data("copy", file, url, "--log", "log.jsonl")
    assert result.exit_code == 0, result.output
    assert result.stdout == "5 tables, 903 rows, every value compared\n"
    assert file.read_bytes() == before
    assert ask("SELECT count(*), sum(length(face)) FROM author") == [(300, 45150)]
    assert ask("SELECT height, n::text, d::text, alive FROM author WHERE id = 7") == [(1.0, "7000000000", "0.07", 1)]
    assert ask('SELECT "select", "from" FROM "mixed case" WHERE "some column" IS NULL') == [(-(2**63), -0.0)]
    assert ask("SELECT id, twice FROM book WHERE author = 300") == [(600, 1200)]
    assert ask("INSERT INTO author (name) VALUES ('new') RETURNING id") == [(302,)]
    assert ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sqlport%'") == []
    assert ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(1,)]
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [e["rows"] for e in events if e["event"] == "rows" and e["table"] == "author"][-1] == 300
    assert events[-1]["event"] == "done"
    assert data("verify", file, url).exit_code == 1  # the author that was added above
    ask("DELETE FROM author WHERE id = 302")
    verified = data("verify", file, url)
    assert (verified.exit_code, verified.stdout) == (0, "5 tables, 903 rows: every value is the same\n")


def test_a_target_schema_that_is_there_gets_the_common_columns(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(
        """
        CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, "isOk" BOOLEAN, boss INTEGER, made TEXT, old TEXT);
        CREATE TABLE pet (id INTEGER PRIMARY KEY, owner INTEGER);
        INSERT INTO person VALUES (1, 'Ann', 1, 7, '2024-02-29 12:00:00.5', 'x'), (7, 'Bob', 0, 1, NULL, NULL);
        INSERT INTO pet VALUES (3, 7);
        """
    )
    ask(
        """
        CREATE TABLE pet (id serial PRIMARY KEY, owner bigint, kind text DEFAULT 'dog');
        CREATE TABLE person (
            made timestamp, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(10) NOT NULL,
            "isOk" boolean, boss integer REFERENCES person (id)
        );
        ALTER TABLE pet ADD FOREIGN KEY (owner) REFERENCES person (id);
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER shout BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION shout();
        CREATE TABLE migrations (id int);
        """
    )
    result = data("copy", file, url)
    assert result.exit_code == 1, result.output
    assert "column person.old is only in SQLite: its values are not copied" in result.stderr
    assert "column pet.kind is only in PostgreSQL: it gets its default" in result.stderr
    assert "table migrations is only in PostgreSQL: left as it is" in result.stderr
    assert ask('SELECT id, name, "isOk", boss, made::text FROM person ORDER BY id') == [
        (1, "Ann", True, 7, "2024-02-29 12:00:00.5"),
        (7, "Bob", False, 1, None),
    ]
    assert ask("SELECT * FROM pet") == [(3, 7, "dog")]
    assert ask("INSERT INTO person (name) VALUES ('cy') RETURNING id, name") == [(8, "CY")]
    assert ask("INSERT INTO pet (owner) VALUES (8) RETURNING id") == [(4,)]
    assert ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(2,)]


@pytest.mark.parametrize("options", [(), ("--resumable",)])
def test_tables_with_rows_are_refused_unless_they_are_to_be_emptied(
    make: Make, data: Data, ask: Ask, url: str, options: tuple[str, ...]
) -> None:
    file = make(SHOP)
    assert data("copy", file, url).exit_code == 0
    ask("INSERT INTO author (id, name) VALUES (1000, 'x')")
    refused = data("copy", file, url, *options)
    assert refused.exit_code == 2
    assert "author, book, mixed case, pair of the schema public have rows already" in refused.stderr
    assert ask("SELECT max(id) FROM author") == [(1000,)]
    assert data("copy", file, url, "--truncate", *options).exit_code == 0
    assert ask("SELECT max(id) FROM author") == [(300,)]
    assert data("verify", file, url).exit_code == 0


def test_a_failure_leaves_the_target_as_it_was(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE TABLE a (i INTEGER); CREATE TABLE b (i INTEGER); INSERT INTO b VALUES (1), ('x');")
    result = data("copy", file, url)
    assert result.exit_code == 2
    assert "b.i, rowid 2: 'x' (text-in-integer)" in result.stderr
    assert ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]
    ask("CREATE TABLE a (i bigint); CREATE TABLE b (i bigint)")
    assert data("copy", file, url).exit_code == 2
    assert ask("SELECT count(*) FROM b") == [(0,)]


def test_rows_that_are_only_in_the_wal_are_copied(data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "wal.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (i INTEGER PRIMARY KEY)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO t VALUES (5)")
        assert data("copy", tmp_path / "wal.db", url).exit_code == 0
    assert ask("SELECT * FROM t") == [(5,)]


def test_nothing_of_virtual_tables_is_copied_and_that_is_said(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE VIRTUAL TABLE ft USING fts5(x, content=''); INSERT INTO ft VALUES ('a'); CREATE TABLE t (i);")
    result = data("copy", file, url)
    assert result.exit_code == 1
    assert "virtual table ft and its shadow tables are not copied" in result.stderr
    assert ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace") == [("t",)]


def test_a_table_for_full_text_search_is_one_with_its_text(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE VIRTUAL TABLE ft USING fts5(x); INSERT INTO ft (rowid, x) VALUES (7, 'a cat'), (9, NULL)")
    assert data("copy", file, url).exit_code == 0
    assert ask("SELECT rowid, x FROM ft ORDER BY 1") == [(7, "a cat"), (9, None)]
    assert data("verify", file, url).exit_code == 0
    ask("DELETE FROM ft WHERE rowid = 9")
    assert "ft (rowid = 9): is not in PostgreSQL" in data("verify", file, url).stdout


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_a_database_in_utf16(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path, encoding: str) -> None:
    file = make(
        f"PRAGMA encoding = '{encoding}'; CREATE TABLE t (\"é\" TEXT PRIMARY KEY, at DATETIME, b BLOB);"
        "INSERT INTO t VALUES ('é😀', '2024-01-02T03:04:05Z', x'00ff'), ('', NULL, NULL);"
        "CREATE VIEW v AS SELECT 1 AS i"
    )
    assert data("check", file).stdout == "1 tables, 2 rows: every value fits\n"
    assert data("copy", file, url).exit_code == 0
    assert ask('SELECT "é", b FROM t, v ORDER BY 1') == [("", None), ("é😀", b"\x00\xff")]
    assert data("verify", file, url).exit_code == 0
    assert data("restore", "new.db", url).exit_code == 0
    assert content(tmp_path / "new.db") == content(file)


def test_percent_signs_and_quotes_in_names(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    table = '"100%s""\'"'
    file = make(
        f'CREATE TABLE {table} ("a%b" INTEGER PRIMARY KEY AUTOINCREMENT, "%(x)s" TEXT UNIQUE,'
        f" up INTEGER REFERENCES {table});"
        f"INSERT INTO {table} VALUES (1, '%s', NULL), (2, '%', 1); CREATE INDEX \"i%d\" ON {table} (\"%(x)s\")"
    )
    assert data("copy", file, url).exit_code == 0
    assert ask(f'INSERT INTO {table} (up) VALUES (2) RETURNING "a%b"') == [(3,)]
    assert "(a%b = 3): is only in PostgreSQL" in data("verify", file, url).stdout
    for options in (["--truncate"], ["--truncate", "--resumable"], ["--schema", "%s"]):
        again = data("copy", file, url, *options)
        assert again.exit_code == 0, again.output
    assert data("restore", "new.db", url).exit_code == 0
    assert content(tmp_path / "new.db") == content(file)


def test_a_thousand_columns(data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "wide.db")) as connection:
        connection.execute(f"CREATE TABLE wide ({', '.join(f'c{i} INTEGER' for i in range(1000))})")
        connection.execute(f"INSERT INTO wide VALUES ({', '.join(map(str, range(1000)))})")
        connection.execute("INSERT INTO wide (c999) VALUES (7)")
        connection.commit()
    assert data("copy", tmp_path / "wide.db", url).exit_code == 0
    assert ask("SELECT c0, c500, c999 FROM wide ORDER BY c999") == [(None, None, 7), (0, 500, 999)]


def test_no_server_is_a_usage_error(make: Make, data: Data) -> None:
    result = data("copy", make("CREATE TABLE t (i)"))
    assert result.exit_code == 2
    assert "DATABASE_URL" in result.output


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_what_another_process_writes_meanwhile_is_noticed(
    data: Data, ask: Ask, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    file = tmp_path / "app.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE t (i INTEGER)")
        connection.execute("INSERT INTO t VALUES (1)")

        def write(loader: load.Loader, *arguments: object) -> load.Loaded:
            with suppress(sqlite3.OperationalError):  # outside of WAL the reader keeps it out
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("INSERT INTO t VALUES (2)")
            return original(loader, *arguments)  # type: ignore[arg-type]

        original = load.Loader.load
        monkeypatch.setattr(load.Loader, "load", write)
        result = data("copy", file, url)
        assert result.exit_code == (1 if mode == "wal" else 0)
        assert ("was changed by another process meanwhile" in result.stderr) == (mode == "wal")
        assert ask("SELECT i FROM t") == [(1,)]
