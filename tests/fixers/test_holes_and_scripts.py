"""What rules do round text that the host computes, and what they see of the other statements of a script."""

from __future__ import annotations

import pytest

import sqlport
from sqlport.catalog import from_statements
from sqlport.model import Hole, HoleKind, StatementPort, Target
from sqlport.porting import Request, port_statement
from sqlport.rulebook import load

SCHEMA = "CREATE TABLE u (id INTEGER PRIMARY KEY, email TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0)"
BOOK = load()


def ported(sql: str, kind: HoleKind = HoleKind.IDENTIFIER) -> StatementPort:
    start = sql.index("{h}")
    hole = Hole("h", kind, "h", start, start + 3)
    catalog = from_statements([("schema", SCHEMA)]).catalog
    return port_statement(sql, (hole,), Request(Target(), catalog, BOOK, lambda rule: True, unsafe=True))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM u WHERE {h}",
        "SELECT id FROM u WHERE n = 1 AND {h}",
        "SELECT id FROM u WHERE NOT {h}",
        "SELECT count(*) FROM u GROUP BY {h}",
    ],
)
def test_computed_conditions_and_terms_are_left_alone(sql: str) -> None:
    assert ported(sql).sql == sql


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT id FROM u ORDER BY {h}", "ORD001"),
        ("INSERT INTO {h} (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = n + 1", "UPS006"),
        ("DELETE FROM {h} WHERE n = 1 ORDER BY n LIMIT 1", "DML001"),
        ("INSERT OR REPLACE INTO {h} (id) VALUES (1)", "UPS002"),
    ],
)
def test_what_would_repeat_computed_text_is_only_shown(sql: str, code: str) -> None:
    found = ported(sql)
    assert found.sql == sql
    assert code in [finding.code for finding in found.findings if not finding.applied]


def test_rewriting_beside_a_hole_keeps_it() -> None:
    assert ported("SELECT {h} FROM u WHERE email LIKE 'a%' AND n").sql == (
        "SELECT {h} FROM u WHERE email ILIKE 'a%' AND n <> 0"
    )


def codes(script: str, params: list[object] | None = None) -> list[str]:
    return [finding.code for finding in sqlport.port(script, schema=SCHEMA, params=params).findings]


def test_ids_given_in_a_script_move_the_sequence_before_the_next_automatic_one() -> None:
    script = "INSERT INTO u (id) SELECT n + 10 FROM u;\nINSERT INTO u (email) VALUES ('a')"
    assert "setval(pg_get_serial_sequence('u', 'id'), max(id)) FROM u;" in sqlport.port(script, schema=SCHEMA).sql


@pytest.mark.parametrize(
    "script",
    [
        "INSERT INTO u (id) VALUES (4)",
        "INSERT INTO u (email) VALUES ('a'); INSERT INTO u (id) VALUES (4)",
        "INSERT INTO u (id) VALUES (4); SELECT * FROM u",
    ],
)
def test_ids_given_elsewhere_are_no_finding(script: str) -> None:
    assert "ROW002" not in codes(script)


def test_ids_passed_as_parameters_are_only_shown() -> None:
    script = "INSERT INTO u (id) VALUES (?); INSERT INTO u (email) VALUES ('a')"
    assert "ROW002" in codes(script, [4])
    assert "setval" not in sqlport.port(script, schema=SCHEMA, params=[4]).sql


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("BEGIN; INSERT INTO u (email) VALUES ('a'); ROLLBACK; INSERT INTO u (email) VALUES ('b')", True),
        ("DELETE FROM u WHERE id = 2; INSERT INTO u (email) VALUES ('b')", True),
        ("INSERT INTO u (email) VALUES ('a'), ('b') ON CONFLICT DO NOTHING", True),
        ("BEGIN; INSERT INTO u (email) VALUES ('a'); COMMIT; INSERT INTO u (email) VALUES ('b')", False),
        ("DELETE FROM u WHERE id = 2; INSERT INTO u (id) VALUES (2)", False),
        ("INSERT INTO u (email) VALUES ('a') ON CONFLICT DO NOTHING", False),
    ],
)
def test_gaps_in_ids_are_found_where_a_script_shows_them(script: str, found: bool) -> None:
    assert ("ROW004" in codes(script)) is found
