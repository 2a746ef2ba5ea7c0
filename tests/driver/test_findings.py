"""What programs do with errors, locks and functions of SQLite is found, with what to write instead; the rest is not."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sqlport.config import Config
from sqlport.driver.table import load
from sqlport.engines.server import Server
from sqlport.project import check

HEAD = 'import sqlite3\nimport time\n\ndb = sqlite3.connect("app.db")\n'


def found(program: str, folder: Path) -> list[tuple[str, int, str]]:
    file = folder / "app.py"
    file.write_text(HEAD + program, encoding="utf-8")
    report = check([file], Config(root=folder))
    return [
        (one.code, one.place.line - HEAD.count("\n") if one.place else 0, one.message)
        for one in report.findings
        if one.code in ("DRV002", "DRV006", "DRV011", "DRV013", "DRV015", "DRV016")
    ]


def places(program: str, folder: Path) -> list[tuple[str, int]]:
    return [(code, line) for code, line, _ in found(program, folder)]


CATCH = "try:\n    db.cursor()\nexcept sqlite3.{name} as error:\n    {body}\n"
LOOP = "for attempt in range(3):\n    try:\n        db.cursor()\n    except sqlite3.{name} as error:\n        {body}\n"


@pytest.mark.parametrize(
    "body",
    [
        'print("t.a" in str(error))',
        'print(error.args[0] == "UNIQUE constraint failed: t.a")',
        'print(str(error).lower().startswith("unique"))',
        'said = repr(error); print("t.a" in said)',
        "print(error.sqlite_errorname)",
        "print(error.sqlite_errorcode == sqlite3.SQLITE_BUSY)",
    ],
)
def test_reading_an_error_of_sqlite_is_one_finding(body: str, tmp_path: Path) -> None:
    assert places(CATCH.format(name="IntegrityError", body=body), tmp_path) == [("DRV006", 4)]


@pytest.mark.parametrize(
    "body",
    [
        "print(str(error))",
        "raise RuntimeError(str(error)) from error",
        'print(f"failed: {error}")',
        "print(error.args)",
        'print("x" in str(db))',
        "time.sleep(1)",
        "error is None",
    ],
)
def test_showing_an_error_is_none(body: str, tmp_path: Path) -> None:
    assert places(CATCH.format(name="OperationalError", body=body), tmp_path) == []


@pytest.mark.parametrize(
    "body", ["time.sleep(0.1)", 'if "locked" not in str(error): raise', 'print("database is busy")']
)
def test_a_loop_that_tries_again_is_a_finding_at_its_handler(body: str, tmp_path: Path) -> None:
    assert ("DRV015", 4) in places(LOOP.format(name="OperationalError", body=body), tmp_path)


@pytest.mark.parametrize(
    ("name", "body"),
    [("IntegrityError", "time.sleep(1)"), ("OperationalError", "continue"), ("OperationalError", "raise")],
)
def test_a_loop_that_does_not_wait_for_a_lock_is_none(name: str, body: str, tmp_path: Path) -> None:
    assert places(LOOP.format(name=name, body=body), tmp_path) == []


def test_one_writer_at_a_time_is_a_finding(tmp_path: Path) -> None:
    program = (
        'a = sqlite3.connect("a.db", isolation_level="IMMEDIATE")\nb = sqlite3.connect("a.db", isolation_level="")\n'
    )
    assert places(program, tmp_path) == [("DRV002", 1)]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            '"up", 1, lambda Text: Text.upper()',
            "`CREATE FUNCTION up(text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$",
        ),
        ('"digest", 1, lambda s: hashlib.md5(s.encode()).hexdigest()', "AS $$ SELECT md5(s) $$`"),
        ('"has", 2, lambda s, part: part in s', "has(s text, part text)"),
        ('"has", 2, lambda s, part: part in s', "SELECT (strpos(s, part) > 0)::int $$"),
        ('name="size", narg=1, func=lambda s: len(s) if s is not None else None', "SELECT length(s) $$"),
        ('"twice", 1, twice', "twice(number text)"),
        ('"anything", 2, print', "anything(a1 text, a2 text)"),
        ('"anything", -1, print', "anything(...)"),
        ('"REGEXP", 2, match', "REGEXP is the operator ~"),
        ('"sqrt", 1, math.sqrt', "PostgreSQL has sqrt() itself"),
    ],
)
def test_a_function_of_the_program_is_a_finding_with_what_to_write(call: str, said: str, tmp_path: Path) -> None:
    program = f"\n\ndef twice(number):\n    return number * 2\n\n\ndb.create_function({call})\n"
    messages = [message for code, _, message in found(program, tmp_path) if code == "DRV011"]
    assert len(messages) == 1
    assert said in messages[0]


def test_the_bodies_of_the_table_are_functions_of_postgresql(server: Server) -> None:
    table = load("psycopg")
    assert table is not None
    with server.database() as name, psycopg.connect(server.database_url(name), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT proname FROM pg_proc")}
        assert table.functions - known - {"position"} == set()
        for body in table.bodies.values():
            query = body.format(a="x", b="y")
            for type_ in ("text", "float8"):
                try:
                    connection.execute(f"SELECT {query} FROM (VALUES (NULL::{type_}, NULL::{type_})) AS v (x, y)")
                    break
                except psycopg.errors.UndefinedFunction:
                    continue
            else:
                raise AssertionError(query)


LIST = "\n\ndef load(names):\n    {before}\n    return db.execute({sql}, names)\n"


@pytest.mark.parametrize(
    ("before", "sql", "line"),
    [
        ("pass", "f\"SELECT 1 WHERE 1 IN ({','.join('?' * len(names))})\"", 5),
        ("pass", "'SELECT 1 WHERE 1 IN (%s)' % ','.join('?' for _ in names)", 5),
        ("marks = ', '.join(['?'] * len(names))", "'SELECT 1 WHERE 1 NOT IN (' + marks + ')'", 4),
        ("marks = ', '.join(['?'] * len(names))", "'SELECT 1 WHERE 1 IN ({})'.format(marks)", 4),
    ],
)
def test_a_list_that_may_be_empty_is_a_finding(before: str, sql: str, line: int, tmp_path: Path) -> None:
    assert places(LIST.format(before=before, sql=sql), tmp_path) == [("DRV016", line)]


@pytest.mark.parametrize(
    ("before", "sql"),
    [
        ("if not names: return", "f\"SELECT 1 WHERE 1 IN ({','.join('?' * len(names))})\""),
        ("assert len(names) > 0", "f\"SELECT 1 WHERE 1 IN ({','.join('?' * len(names))})\""),
        ("return names and db", "f\"SELECT 1 WHERE 1 IN ({','.join('?' * len(names))})\""),
        ("names = [1, 2]", "f\"SELECT 1 WHERE 1 IN ({','.join('?' * len(names))})\""),
        ("pass", "f\"INSERT INTO t VALUES ({','.join('?' * len(names))})\""),
        ("pass", "'SELECT 1 WHERE 1 IN (?, ?)'"),
        ("print(','.join('?' * len(names)))", "'SELECT ?'"),
    ],
)
def test_a_list_that_has_values_is_none(before: str, sql: str, tmp_path: Path) -> None:
    assert places(LIST.format(before=before, sql=sql), tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        "class Store:\n    def serialize(self, value):\n        return value\n\n    def add(self, value):\n"
        "        return self.serialize(value)\n",
        "def store(item, backend):\n    return backend.serialize(item)\n",
        "def load(item, backend):\n    return backend.deserialize(item, str)\n",
        "import shelf\n\nshelf.backup('a', 'b')\n",
        "db.text_factory = bytes\n",
    ],
)
def test_words_of_another_library_are_no_finding(body: str, tmp_path: Path) -> None:
    assert places(body, tmp_path) == []


@pytest.mark.parametrize("call", ["serialize()", "deserialize(data)", "backup(copy)"])
def test_what_only_a_connection_of_sqlite_can_do_is_a_finding(call: str, tmp_path: Path) -> None:
    assert places(f"copy = data = None\ndb.{call}\n", tmp_path) == [("DRV013", 2)]
