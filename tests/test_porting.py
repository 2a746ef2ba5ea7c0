"""How proposals of rules become one port: nesting, conflicts, holes, suppression, placeholders."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import sqlport
from sqlport.catalog import from_statements
from sqlport.model import Applicability, Hole, HoleKind, Span, Target
from sqlport.porting import Request, port_statement
from sqlport.rulebook import Rulebook, load, read_rule
from sqlport.sql import read, split
from tests.constructs import constructs

PAGE = """+++
code = "{code}"
name = "{name}"
effect = "rejected"
fix = "{fix}"
since = "0.1"
sources = ["https://www.sqlite.org/lang.html"]
message = "a rule of this test"
match = "{match}"
rewrite = "{rewrite}"
+++

# {name} ({code})

## What it does

## Why

## Example

## Fix safety

## Cases
"""


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Rulebook]:
    """Two rules whose rewritings want the same text, and an unsafe one."""
    rules = [
        ("TST001", "swap", "safe", "swap($a, $b)", "swapped($b, $a)"),
        ("TST002", "inner", "safe", "inner($a)", "outer($a)"),
        ("TST003", "risky", "unsafe", "risky($a)", "fine($a)"),
    ]
    for code, name, fix, match, rewrite in rules:
        path = tmp_path / f"{code}-{name}.md"
        path.write_text(PAGE.format(code=code, name=name, fix=fix, match=match, rewrite=rewrite))
    yield Rulebook(tuple(read_rule(path) for path in sorted(tmp_path.glob("*.md"))))


def request_for(book: Rulebook, **given: object) -> Request:
    request = Request(Target(), from_statements([]).catalog, book, lambda rule: True)
    return Request(**{name: given.get(name, getattr(request, name)) for name in Request.__slots__})  # type: ignore[arg-type]


def test_nested_matches_are_all_made(book: Rulebook) -> None:
    ported = port_statement("SELECT swap(inner(1), swap(inner(2), 3))", (), request_for(book))
    assert ported.sql == "SELECT swapped(swapped(3, outer(2)), outer(1))"
    assert all(finding.applied for finding in ported.findings)


def test_every_finding_points_into_the_given_text(book: Rulebook) -> None:
    sql = "SELECT swap(inner(1), swap(inner(2), 3))"
    ported = port_statement(sql, (), request_for(book))
    assert [finding.span.of(sql) for finding in ported.findings if finding.code == "TST002"] == ["inner(1)", "inner(2)"]


def test_an_unsafe_fix_is_made_on_request_only(book: Rulebook) -> None:
    sql = "SELECT risky(1)"
    kept = port_statement(sql, (), request_for(book))
    assert (kept.sql, kept.findings[0].applied) == (sql, False)
    assert port_statement(sql, (), request_for(book, unsafe=True)).sql == "SELECT fine(1)"


def test_a_muted_rule_reports_and_changes_nothing(book: Rulebook) -> None:
    sql = "SELECT inner(1), swap(1, 2)"
    ported = port_statement(sql, (), request_for(book, muted=frozenset(["TST002"])))
    assert ported.sql == "SELECT inner(1), swapped(2, 1)"
    assert [(finding.code, finding.applied) for finding in ported.findings] == [("TST002", False), ("TST001", True)]


def test_what_is_not_selected_is_not_looked_for(book: Rulebook) -> None:
    ported = port_statement("SELECT inner(1)", (), request_for(book, selected=lambda rule: False))
    assert ported.findings == ()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT inner( {x} )", [Applicability.SAFE]),
        ("SELECT {x} + inner(1)", [Applicability.SAFE]),
        ("SELECT a FROM t WHERE inner(1) AND {x}", [Applicability.SAFE]),
        ("SELECT swap({x}, 2)", [Applicability.UNSAFE]),
        ("SELECT swap(2, {x} + 111111)", [Applicability.UNSAFE]),
        ("SELECT swap(111111, {x})", [Applicability.MANUAL]),
        ("SELECT {x}inner(1)", []),
    ],
)
def test_a_hole_in_an_edit_demotes_it(book: Rulebook, sql: str, expected: list[Applicability]) -> None:
    start = sql.index("{x}")
    holes = (Hole("x", HoleKind.VALUE, "x", start, start + 3),)
    findings = port_statement(sql, holes, request_for(book)).findings
    assert [finding.applicability for finding in findings] == expected
    assert [finding.applied for finding in findings] == [found is Applicability.SAFE for found in expected]


def test_invalid_sql_is_a_finding_and_stays() -> None:
    ported = sqlport.port("SELEC 1")
    assert ported.sql == "SELEC 1"
    assert [finding.code for finding in ported.findings] == ["SQP002"]


def test_a_script_is_ported_in_place_with_everything_between_kept() -> None:
    script = "-- first\nSELECT ifnull(1, 2) ; -- behind\n\n.mode csv\nSELECT ifnull(3, 4)\n;\n"
    ported = sqlport.port(script)
    assert ported.sql == script.replace("ifnull", "coalesce")
    assert [finding.code for finding in ported.findings] == ["FNC001", "SQP002", "FNC001"]
    assert all(finding.span.of(script) for finding in ported.findings)


@pytest.mark.parametrize(
    ("sql", "driver", "expected", "parameters"),
    [
        ("SELECT ?, ?2, ?1", "psycopg", "SELECT %s, %s, %s", (0, 1, 0)),
        ("SELECT :a, @a, $b", "psycopg", "SELECT %(a)s, %(a)s, %(b)s", ("a", "a", "b")),
        ("SELECT ?, ?2, ?1", "numbered", "SELECT $1, $2, $1", (0, 1, 0)),
        ("SELECT ? % 2", "psycopg", "SELECT %s %% 2", (0,)),
        ("SELECT ? % 2", "none", "SELECT ? % 2", (0,)),
        ("SELECT 5 % 2", "psycopg", "SELECT 5 % 2", ()),
        ("SELECT 1 WHERE 1=?AND 2=:b", "psycopg", "SELECT 1 WHERE 1=%s AND 2=%(b)s", (0, "b")),
        ("SELECT 1 WHERE 1=?AND 2=3", "numbered", "SELECT 1 WHERE 1=$1 AND 2=3", (0,)),
        ("SELECT '?'", "psycopg", "SELECT '?'", ()),
    ],
)
def test_placeholders_are_spelled_for_the_driver(
    sql: str, driver: str, expected: str, parameters: tuple[int | str, ...]
) -> None:
    ported = sqlport.port(sql, driver=driver)  # type: ignore[arg-type]
    assert (ported.sql, ported.parameters) == (expected, parameters)


def test_percent_is_doubled_where_the_program_passes_parameters() -> None:
    assert sqlport.port("SELECT 5 % 2", params=[]).sql == "SELECT 5 %% 2"


def test_the_server_is_asked_with_numbers_and_single_percents(book: Rulebook) -> None:
    ported = port_statement("SELECT ? % 2, ?1, :n", (), request_for(load(), speaks_target=True))
    assert ported.question == "SELECT $1 % 2, $1, $2"
    assert ported.question_parameters == (0, "n")


def test_spans_of_a_later_statement_are_over_the_whole_text() -> None:
    sql = "SELECT 1; SELECT ifnull(1, 2)"
    (finding,) = sqlport.port(sql).findings
    assert finding.span == Span(17, 29)
    assert finding.fix is not None
    assert finding.fix.edits[0].span.of(sql) == "ifnull"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 order by ifnull(null, 'A B')", "select 1 order by coalesce(null, 'A B')"),
        ("SELECT 1 LIMIT 2, 3", "SELECT 1 LIMIT 3 OFFSET 2"),
        ("select 1 limit 2, 3", "select 1 limit 3 offset 2"),
    ],
)
def test_new_keywords_follow_the_case_of_the_statement(sql: str, expected: str) -> None:
    assert sqlport.port(sql).sql == expected


def test_a_hole_in_any_place_of_any_statement_breaks_no_rule() -> None:
    dice, book = random.Random(3), load()
    kinds = [kind for kind in HoleKind if kind is not HoleKind.INSIDE_STRING]
    for case in constructs():
        catalog = from_statements([("setup", sql) for sql in case.setup]).catalog
        request = Request(Target(), catalog, book, lambda rule: True, unsafe=True)
        for sql in (piece.span.of(script) for script in case.sqlite for piece in split(script)):
            token = dice.choice(read(sql).tokens)
            hole = Hole("h", dice.choice(kinds), "h", token.start, token.start + 3)
            assert port_statement(sql[: token.start] + "{h}" + sql[token.end :], (hole,), request).sql


@pytest.mark.parametrize(
    "sql", ["EXPLAIN", "PRAGMA", "BEGIN", "CREATE TABLE", "CREATE TRIGGER", "VACUUM INTO", "ATTACH", "DROP", ";"]
)
def test_a_statement_that_breaks_off_breaks_nothing(sql: str) -> None:
    assert sqlport.port(sql).sql


def test_a_broken_statement_breaks_no_rule() -> None:
    dice, book = random.Random(5), load()
    for case in constructs():
        catalog = from_statements([("setup", sql) for sql in case.setup]).catalog
        request = Request(Target(), catalog, book, lambda rule: True, unsafe=True)
        for sql in (piece.span.of(script) for script in case.sqlite for piece in split(script)):
            tokens = read(sql).tokens
            one, other = dice.choice(tokens), dice.choice(tokens)
            for broken in (sql[: one.end], sql[one.start :], sql[: one.start] + other.text + sql[one.end :]):
                assert port_statement(broken, (), request).sql


def test_a_fix_that_would_repeat_a_parameter_without_a_number_is_left_to_a_person() -> None:
    schema = "CREATE TABLE karma (points INTEGER NOT NULL)"
    sql = "UPDATE karma SET points = max(-100, min(100, points + ?)) WHERE points = ?"
    ported = sqlport.port(sql, schema=schema, driver="none", unsafe=True)
    assert ported.sql.count("?") == 2
    assert ported.parameters == (0, 1)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [("SELECT NOT 10", "SELECT (NOT true)::int"), ("SELECT NOT NOT 1", "SELECT (NOT NOT true)::int")],
)
def test_words_that_leave_no_place_in_the_tree_stop_nothing(sql: str, expected: str) -> None:
    assert sqlport.port(sql, unsafe=True).sql == expected
