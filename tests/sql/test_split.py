"""Scripts fall into the statements that SQLite's own shell would run."""

from __future__ import annotations

import sqlite3

import pytest

from sqlport.sql import split
from tests.constructs import all_statements

QUOTED = "SELECT ';', \";\", `;`, [;] -- ;\n, /* ; */ 1"
TRIGGER = "CREATE TRIGGER r AFTER UPDATE ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; SELECT 1; END"


def parts(script: str) -> list[str]:
    return [piece.span.of(script) for piece in split(script)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        (" ; ;; -- nothing\n /* at all */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        (QUOTED + "; SELECT 2", [QUOTED, "SELECT 2"]),
        ("SELECT 'it''s;'; SELECT 2", ["SELECT 'it''s;'", "SELECT 2"]),
        (TRIGGER + "; SELECT 2", [TRIGGER, "SELECT 2"]),
        ("BEGIN; SELECT 1; END; SELECT 2", ["BEGIN", "SELECT 1", "END", "SELECT 2"]),
        ("-- first\nSELECT 1; -- behind\nSELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT 'open", ["SELECT 'open"]),
    ],
)
def test_split(script: str, expected: list[str]) -> None:
    assert parts(script) == expected


def test_lines_that_begin_with_a_dot_are_commands_of_the_shell() -> None:
    pieces = split(".mode csv\nSELECT a\n.b FROM t;\n.quit\n")
    assert [(piece.span.start, piece.dot_command) for piece in pieces] == [(0, True), (10, False), (30, True)]


def test_the_last_statement_tells_whether_it_was_ended() -> None:
    assert [piece.terminated for piece in split("SELECT 1; SELECT 2")] == [True, False]


def test_sqlite_agrees_where_a_statement_is_complete() -> None:
    for script in sorted(set(all_statements())):
        for piece in split(script + "\n;"):
            statement = piece.span.of(script)
            if statement.rfind("/*") <= statement.rfind("*/"):  # an open comment swallows the semicolon
                assert sqlite3.complete_statement(statement + "\n;")


def test_a_long_script_takes_linear_time() -> None:
    assert len(split("SELECT 'a;b' -- c;\n;" * 20_000)) == 20_000
