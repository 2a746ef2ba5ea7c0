"""Reading a statement loses nothing that SQLite says with it."""

from __future__ import annotations

import pytest
from sqlglot import exp

from sqlport.model import Hole, HoleKind, Span
from sqlport.sql import read


def hole(sql: str, name: str, kind: HoleKind = HoleKind.VALUE) -> Hole:
    start = sql.index("{" + name + "}")
    return Hole(name, kind, name, start, start + len(name) + 2)


@pytest.mark.parametrize(
    ("sql", "keys"),
    [
        ("SELECT ?, ?", [0, 1]),
        ("SELECT ?2, ?, ?1", [1, 2, 0]),
        ("SELECT :a, @b, $c, :a", ["a", "b", "c", "a"]),
        ("SELECT '?', \"?\" -- ?\n, /* :x */ 1", []),
        ("SELECT a ->> '$.b', x'3f', 'it''s :no'", []),
        ("SELECT x=?1 AND y==:name", [0, "name"]),
    ],
)
def test_placeholders_of_every_style_are_found(sql: str, keys: list[int | str]) -> None:
    parsed = read(sql)
    assert parsed.problem is None
    assert [placeholder.key for placeholder in parsed.placeholders] == keys
    assert [parsed.text_of(node) for node in parsed.nodes(exp.Placeholder)] == [p.text for p in parsed.placeholders]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ifnull(a, b), strftime('%Y', c), replace(d, 'x', 'y'), like('a', e), glob('a', f) FROM t",
        "SELECT count(*), count(DISTINCT a), sum(b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e) FROM t",
        "SELECT left(a), date('now'), min(a, b), max(a) FROM t",
    ],
)
def test_functions_keep_their_own_names(sql: str) -> None:
    parsed = read(sql)
    names = [str(call.this) for call in parsed.nodes(exp.Anonymous)]
    assert names
    for call in parsed.nodes(exp.Anonymous):
        text = parsed.text_of(call)
        assert text.startswith(f"{call.this}(")
        assert text.endswith(")")


@pytest.mark.parametrize(
    ("sql", "kind", "lifted"),
    [
        ("UPDATE OR IGNORE t SET a = 1", "UPDATE", {"conflict": ["OR IGNORE"]}),
        ("INSERT OR REPLACE INTO t VALUES (1)", "INSERT", {"conflict": ["OR REPLACE"]}),
        ("REPLACE INTO t VALUES (1)", "INSERT", {"conflict": ["REPLACE"]}),
        ("SELECT * FROM t INDEXED BY i WHERE a", "SELECT", {"indexed": ["INDEXED BY i"]}),
        ("SELECT * FROM t NOT INDEXED", "SELECT", {"indexed": ["NOT INDEXED"]}),
        ("CREATE TABLE t (a) WITHOUT ROWID, STRICT", "CREATE TABLE", {"options": ["WITHOUT ROWID", "STRICT"]}),
        ("CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE)", "CREATE TABLE", {"column-conflict": ["ON CONFLICT IGNORE"]}),
        ("WITH c AS (SELECT 1) DELETE FROM t", "DELETE", {}),
        ("PRAGMA foreign_keys = ON", "PRAGMA", {}),
        ("EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN", {}),
        ("CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE", {}),
        ("CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE TRIGGER", {}),
    ],
)
def test_clauses_of_sqlite_alone_are_lifted_out(sql: str, kind: str, lifted: dict[str, list[str]]) -> None:
    parsed = read(sql)
    assert parsed.problem is None
    assert parsed.kind == kind
    assert {name: [span.of(sql) for span in spans] for name, spans in parsed.lifted.items()} == lifted


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(a AS UNSIGNED BIG INT) FROM t",
        "CREATE TABLE a (c NATIVE CHARACTER(70), d, e INT(11) NOT NULL, f DOUBLE PRECISION DEFAULT 1.5)",
        "ALTER TABLE t ADD COLUMN x UNSIGNED BIG INT NOT NULL DEFAULT 0",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "SELECT any, current_user FROM rw",
        "SELECT a ISNULL, b NOTNULL, c NOT NULL, NULL IS NULL FROM t GROUP BY NULL ORDER BY NULL",
    ],
)
def test_what_sqlglot_does_not_know_is_read(sql: str) -> None:
    parsed = read(sql)
    assert parsed.problem is None
    assert parsed.tree is not None


def test_cast_type_is_as_written() -> None:
    parsed = read("SELECT CAST( CAST(a AS TEXT) AS VARCHAR (10) )")
    types = [parsed.cast_type(cast).of(parsed.text) for cast in parsed.nodes(exp.Cast)]
    assert sorted(types) == ["TEXT", "VARCHAR (10)"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT 'a",
        "SELECT (1",
        "SELECT 1 FROM",
        "hello world out there",
        "INSERT INTO",
        "SELECT f(SELECT)",
        "SELECT",
        ")",
    ],
)
def test_what_is_no_statement_is_a_problem_and_never_raises(sql: str) -> None:
    parsed = read(sql)
    assert parsed.problem is not None
    assert parsed.problem.message
    assert 0 <= parsed.problem.span.start <= parsed.problem.span.end <= len(sql)


def test_deep_nesting_is_a_problem_and_never_raises() -> None:
    assert read("SELECT " + "(" * 20_000 + "1" + ")" * 20_000).problem is not None


@pytest.mark.parametrize("sql", ["", "   ", "-- only a comment", ";"])
def test_nothing_is_no_problem(sql: str) -> None:
    parsed = read(sql)
    assert parsed.problem is None
    assert parsed.tree is None


def test_holes_read_as_names_and_keep_all_offsets() -> None:
    sql = "SELECT {cols} FROM t_{name} WHERE a = {v} AND b LIKE '%{inside}%' ORDER BY {o}"
    holes = [
        hole(sql, "cols", HoleKind.COLUMNS),
        hole(sql, "name", HoleKind.TABLE),
        hole(sql, "v"),
        hole(sql, "inside", HoleKind.INSIDE_STRING),
        hole(sql, "o", HoleKind.IDENTIFIER),
    ]
    parsed = read(sql, holes)
    assert parsed.problem is None
    (like,) = parsed.nodes(exp.Like)
    assert parsed.text_of(like) == "b LIKE '%{inside}%'"


def test_a_hole_for_a_clause_is_left_blank_and_said() -> None:
    sql = "SELECT a FROM t {where} LIMIT 5"
    parsed = read(sql, [hole(sql, "where", HoleKind.CLAUSE)])
    assert parsed.problem is None
    assert parsed.blanked == ("where",)


def test_a_hole_of_the_wrong_kind_is_tried_the_other_way() -> None:
    sql = "SELECT a FROM t WHERE a = 1 {more}"
    parsed = read(sql, [hole(sql, "more", HoleKind.VALUE)])
    assert parsed.problem is None
    assert parsed.blanked == ("more",)


def test_span_of_the_whole_statement() -> None:
    sql = "UPDATE OR IGNORE t SET a = 1 WHERE b = 2"
    parsed = read(sql)
    assert parsed.tree is not None
    assert parsed.span(parsed.tree) == Span(0, len(sql))


def test_not_like_before_a_parenthesis_is_an_operator() -> None:
    for sql in ("SELECT a NOT LIKE ('%/' || b)", "SELECT ? NOT GLOB (a || '*')", "SELECT (a) NOT LIKE ('x')"):
        parsed = read(sql)
        assert parsed.problem is None
        assert list(parsed.nodes(exp.Like, exp.Glob))
    for sql in ("SELECT NOT like('a', b)", "SELECT 1 WHERE a AND NOT glob('a', b)"):
        assert [call.name for call in read(sql).nodes(exp.Anonymous)] in (["like"], ["glob"])
