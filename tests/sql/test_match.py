"""Patterns find what they say, and templates keep the text of what they captured."""

from __future__ import annotations

import pytest

from sqlport.sql import apply, flatten, read
from sqlport.sql.match import compile_pattern, fill


def rewritten(sql: str, match: str, template: str) -> str:
    parsed = read(sql)
    pattern = compile_pattern(match)
    return apply(sql, flatten(sql, [fill(template, found, parsed) for found in pattern.find(parsed)]))


@pytest.mark.parametrize(
    ("sql", "match", "template", "expected"),
    [
        ("SELECT IFNULL(a, b)", "ifnull($a, $b)", "coalesce($a, $b)", "SELECT coalesce(a, b)"),
        ("SELECT ifnull(a)", "ifnull($a, $b)", "coalesce($a, $b)", "SELECT ifnull(a)"),
        ("SELECT f(a, a), f(a, b)", "f($x, $x)", "g($x)", "SELECT g(a), f(a, b)"),
        ("SELECT f(a + 1) * 2", "f($x)", "$x::bigint", "SELECT (a + 1)::bigint * 2"),
        ("SELECT f(a)", "f($x)", "$x::bigint", "SELECT a::bigint"),
        ("SELECT f(x, 'k')", "f($x, 'k')", "$x", "SELECT x"),
        ("SELECT f(x, 'other')", "f($x, 'k')", "$x", "SELECT f(x, 'other')"),
        ("SELECT 1 WHERE f(a) AND b", "f($x)", "$x <> 0", "SELECT 1 WHERE a <> 0 AND b"),
        ("SELECT 1 WHERE NOT f(a)", "f($x)", "$x IS NULL OR $x > 1", "SELECT 1 WHERE NOT (a IS NULL OR a > 1)"),
        ("SELECT 'f(a)', \"f(a)\" -- f(a)", "f($x)", "$x", "SELECT 'f(a)', \"f(a)\" -- f(a)"),
    ],
)
def test_match_and_rewrite(sql: str, match: str, template: str, expected: str) -> None:
    assert rewritten(sql, match, template) == expected


@pytest.mark.parametrize("text", ["", "a, b", "SELECT", "f("])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an expression"):
        compile_pattern(text)
