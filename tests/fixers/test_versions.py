"""What a fixer writes is valid from PostgreSQL 15 on, unless the target is newer."""

from __future__ import annotations

import pytest

from sqlport.catalog import from_statements
from sqlport.model import StatementPort, Target
from sqlport.porting import Request, port_statement
from sqlport.rulebook import load

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, j TEXT NOT NULL)"
CHECKED = "CREATE TABLE d (j TEXT NOT NULL CHECK ("


def ported(sql: str, version: int | None, *, unsafe: bool = False) -> StatementPort:
    catalog = from_statements([("", SCHEMA), ("", sql)]).catalog
    target = Target(postgres_version=version, driver="none", locale="C")
    return port_statement(sql, (), Request(target, catalog, load(), lambda rule: True, unsafe=unsafe))


@pytest.mark.parametrize(
    ("sql", "version", "text"),
    [
        ("SELECT 0x1F", None, "SELECT 31"),
        ("SELECT 0x1F", 15, "SELECT 31"),
        ("SELECT 0x1F", 16, "SELECT 0x1F"),
        ("SELECT json_valid(j) FROM t", None, "SELECT json_valid(j) FROM t"),
        ("SELECT json_valid(j) FROM t", 15, "SELECT json_valid(j) FROM t"),
        ("SELECT json_valid(j) FROM t", 16, "SELECT (j IS JSON)::int FROM t"),
        (
            CHECKED + "json_valid(j) = 1))",
            15,
            CHECKED + "j::json IS NOT NULL))",
        ),
        (
            CHECKED + "json_valid(j)))",
            18,
            CHECKED + "(j IS JSON)::int <> 0))",
        ),
        ("SELECT count(*) FROM (SELECT id FROM t)", None, "SELECT count(*) FROM (SELECT id FROM t)"),
        ("SELECT count(*) FROM (SELECT id FROM t)", 15, "SELECT count(*) FROM (SELECT id FROM t) AS derived_1"),
        (
            "CREATE VIEW v AS SELECT 1 FROM (SELECT 2)",
            16,
            "CREATE VIEW v AS SELECT 1 FROM (SELECT 2)",
        ),
    ],
)
def test_what_a_target_does_not_know_is_not_written(sql: str, version: int | None, text: str) -> None:
    assert ported(sql, version).sql == text


def test_is_json_needs_a_word_about_the_version() -> None:
    assert ported("SELECT json_valid(j) FROM t", None, unsafe=True).sql == "SELECT (j IS JSON)::int FROM t"
    assert ported("SELECT json_valid(j) FROM t", 15, unsafe=True).sql == "SELECT json_valid(j) FROM t"


def test_a_document_that_may_be_none_is_not_cast() -> None:
    text = "CREATE TABLE d (j TEXT NOT NULL CHECK (NOT json_valid(j) OR j = ''))"
    assert "::json " not in ported(text, 15, unsafe=True).sql
