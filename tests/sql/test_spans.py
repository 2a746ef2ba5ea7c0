"""A node's span is exactly the text it was read from: read alone, that text gives the same node."""

from __future__ import annotations

from sqlglot import exp

from sqlport.sql import read, split
from tests.constructs import all_statements

# Read alone these are something else: a branch without its CASE, NOT LIKE's LIKE, a list without its call.
_NOT_ALONE = (exp.DataType, exp.If, exp.Distinct, exp.Order, exp.In, exp.Window)


def _expressions(node: exp.Expr) -> bool:
    inside_not = isinstance(node.parent, exp.Not) and isinstance(node, exp.Is | exp.Glob)
    star = isinstance(node, exp.Column) and isinstance(node.this, exp.Star)
    return isinstance(node, exp.Condition) and not isinstance(node, _NOT_ALONE) and not inside_not and not star


def test_every_expression_of_the_cases_reads_back_from_its_span() -> None:
    checked, wrong = 0, []
    for script in sorted(set(all_statements())):
        for piece in split(script):
            parsed = read(piece.span.of(script))
            for node in filter(_expressions, parsed.tree.dfs() if parsed.tree is not None else ()):
                if not parsed.has_span(node):
                    continue
                text = parsed.text_of(node)
                alone = read("SELECT " + text).tree
                got = alone.expressions[0] if isinstance(alone, exp.Select) and alone.expressions else None
                synthetic = isinstance(node, exp.Paren) and got == node.this
                checked += 1
                if got != node and not synthetic:
                    wrong.append((type(node).__name__, text, parsed.text))
    assert wrong == []
    assert checked > 3_000


def test_every_statement_of_the_cases_is_read() -> None:
    unread = {
        parsed.text
        for script in all_statements()
        for piece in split(script)
        if (parsed := read(piece.span.of(script))).problem is not None
    }
    assert unread == set()
