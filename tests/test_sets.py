"""The benchmark over published sets, on small sets made here."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from benchmarks import set_scripts
from benchmarks.set_judge import judged
from benchmarks.set_readers import READERS, Database
from benchmarks.sets import line
from sqlport.engines.server import Server
from sqlport.rulebook import load

SCHEMA = """CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL, founded INT);
CREATE TABLE player (id INTEGER PRIMARY KEY, team TEXT REFERENCES team (id), name TEXT, goals INT);"""
ROWS = """INSERT INTO team VALUES (1, 'Ajax', 1900), (2, 'Boca', 1905);
INSERT INTO player VALUES (1, '1', 'Ann', 3), (2, '1', 'Bob', NULL), (3, '2', 'Cid', 'many');"""


def outcomes(server: Server, script: str, *queries: str) -> dict[str, list[str]]:
    found = judged(server, Database("league", queries, script=script), load())
    return {mode: [each.kind for each in results] for mode, results in found.items()}


def test_queries_are_judged_by_their_rows(server: Server) -> None:
    queries = (
        "SELECT t.name, sum(p.goals) FROM team t JOIN player p ON p.team = t.id GROUP BY t.id",
        'SELECT name FROM player WHERE name LIKE "a%"',
        "SELECT name FROM nowhere",
        "SELECT name FROM team WHERE founded > 2000",
        "SELECT name FROM player LIMIT 1",
    )
    found = outcomes(server, SCHEMA + ROWS, *queries)
    assert found["sqlport --unsafe"] == ["equal", "equal", "aside", "empty", "equal"]
    assert found["sqlport"][1] == "equal"
    assert found["sqlglot"][:3] == ["rejected", "rejected", "aside"]


def test_a_database_without_rows_gets_some(server: Server) -> None:
    found = outcomes(server, SCHEMA, "SELECT name, founded FROM team", "SELECT name FROM team WHERE name = 'Ajax'")
    assert found["sqlport"] == ["equal", "equal"]


def test_the_table_gives_shares_of_what_was_compared(server: Server) -> None:
    found = judged(server, Database("league", ("SELECT 1", "SELECT nothing"), script=SCHEMA), load())
    assert line("sqlport", found["sqlport"]).startswith("sqlport          100.0% accepted  100.0% equal  0.0% wrong")


def test_sets_are_read_as_they_are_published(tmp_path: Path) -> None:
    for name in ("spider", "text2sql", "defog", "scripts"):
        (tmp_path / name).mkdir()
    folder = tmp_path / "spider"
    (folder / "dev_gold.sql").write_text("SELECT a FROM t\tone\nSELECT a FROM t\tone\n", "utf-8")
    (folder / "dev.json").write_text(json.dumps([{"db_id": "two", "SQL": "SELECT 1"}]), "utf-8")
    (folder / "database" / "one").mkdir(parents=True)
    sqlite3.connect(folder / "database" / "one" / "one.sqlite").close()
    described = {
        "db_id": "two",
        "table_names_original": ["p", "order"],
        "column_names_original": [[-1, "*"], [0, "id"], [1, "a b"], [1, "pid"]],
        "column_types": ["text", "number", "time", "integer"],
        "primary_keys": [1, [2, 3]],
        "foreign_keys": [[3, 1]],
    }
    (folder / "tables.json").write_text(json.dumps([described]), "utf-8")
    one, two = READERS["spider"](folder)
    assert (one.name, one.queries, one.file and one.file.name) == ("one", ("SELECT a FROM t",), "one.sqlite")
    assert (two.queries, two.script.split(";")[1].split()) == (
        ("SELECT 1",),
        'CREATE TABLE "order" ( "a b" DATETIME, pid integer, PRIMARY KEY ("a b", pid),'
        " FOREIGN KEY (pid) REFERENCES p (id) )".split(),
    )
    folder = tmp_path / "text2sql"
    (folder / "geo-schema.csv").write_text(
        "Table Name, Field Name, Is Primary Key, Is Foreign Key, Type\nSTATE, NAME, y, n, varchar(255)\n", "utf-8"
    )
    asked = {
        "sql": ['SELECT NAME FROM STATE WHERE NAME = "name0"'],
        "variables": [{"name": "name0", "example": "ohio"}],
    }
    (folder / "geo.json").write_text(json.dumps([asked]), "utf-8")
    (geo,) = READERS["text2sql"](folder)
    assert geo.queries == ('SELECT NAME FROM STATE WHERE NAME = "ohio"',)
    folder = tmp_path / "defog"
    (folder / "shop").mkdir()
    (folder / "shop" / "shop.sql").write_text("CREATE TABLE public.t (a varchar(9));", "utf-8")
    (folder / "basic_sqlite.csv").write_text("db_name,query\nshop,SELECT a FROM t;SELECT 1\n", "utf-8")
    (shop,) = READERS["defog"](folder)
    assert shop.queries == ("SELECT a FROM t", "SELECT 1")
    assert "public" not in shop.script
    folder = tmp_path / "scripts"
    (folder / "make.sql").write_text("CREATE TABLE t (a);\nCREATE VIEW v AS SELECT a FROM t;", "utf-8")
    (folder / "ask.sql").write_text("-- first\nSELECT a FROM t;", "utf-8")
    (made,) = READERS["scripts"](folder)
    assert [query.split("\n")[-1] for query in made.queries] == ["SELECT a FROM t", "SELECT a FROM t"]


TESTS = """
do_execsql_test one-1.1 {
  CREATE TABLE t1(a, b);
  INSERT INTO t1 VALUES(1, '{x}'), (2, 'y');
  SELECT b FROM t1 ORDER BY a DESC;
} {y {{x}}}
do_test one-1.2 {
  execsql "SELECT $computed"
  execsql {SELECT $value}
  catchsql { SELECT nothing FROM t1 }
} {1 {no such column: nothing}}
reset_db
do_execsql_test one-2 { CREATE TABLE t1(c TEXT); SELECT count(*) FROM t1 } {0}
"""


def test_sqlites_own_tests_run_in_their_order(tmp_path: Path, server: Server) -> None:
    (tmp_path / "one.test").write_text(TESTS, "utf-8")
    (script,) = set_scripts.READERS["sqlite"](tmp_path)
    assert [" ".join(sql.split()) for sql in script.statements] == [
        "CREATE TABLE t1(a, b)",
        "INSERT INTO t1 VALUES(1, '{x}'), (2, 'y')",
        "SELECT b FROM t1 ORDER BY a DESC",
        "SELECT nothing FROM t1",
        "",
        "CREATE TABLE t1(c TEXT)",
        "SELECT count(*) FROM t1",
    ]
    found = set_scripts.ran(server, script, load())
    assert [each.kind for each in found["sqlport --unsafe"]] == ["empty", "empty", "equal", "aside", "empty", "equal"]
    assert found["sqlport --unsafe"][0].port == 'CREATE TABLE t1(a bigint, b text COLLATE "C")'
    assert found["sqlglot"][0].kind == "rejected"


def test_records_of_sqllogictest_for_other_engines_are_left_out(tmp_path: Path) -> None:
    text = """statement ok
CREATE TABLE t(a INTEGER)

skipif sqlite
statement ok
DROP TABLE t

onlyif mysql # only there
query I nosort
SELECT DIV(1)
----
1

onlyif sqlite
query I rowsort
SELECT a
FROM t
----
"""
    (tmp_path / "a.test").write_text(text, "utf-8")
    (script,) = set_scripts.READERS["slt"](tmp_path)
    assert script.statements == ("CREATE TABLE t(a INTEGER)", "SELECT a\nFROM t")


@pytest.mark.parametrize("kind", sorted(READERS))
def test_an_empty_folder_holds_no_queries(kind: str, tmp_path: Path) -> None:
    assert list(READERS[kind](tmp_path)) == []
