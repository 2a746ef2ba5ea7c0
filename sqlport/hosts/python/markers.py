"""Literals that a comment declares to be SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqlport.hosts.python import strings
from sqlport.hosts.python.holes import looks_like_sql
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.values import Str, options


def marked_texts(
    evaluator: Evaluator, literals: Sequence[ast.expr], marked: Sequence[tuple[int, bool]], scope: Scope
) -> Iterator[tuple[int, ast.expr, Str]]:
    """The texts of the literals that markers speak of, each with its number among those of its marker.

    `marked` are lines, with whether the marker stands on the line itself (`comments.marked_lines`).
    """
    for line, trailing in marked:
        values = [
            (node, option.value)
            for node in literals
            if _is_marked(evaluator.source, node, line, trailing)
            for option in options(evaluator.value(node, scope))
        ]
        texts = [(node, value) for node, value in values if isinstance(value, Str) and value.known]
        sure = [pair for pair in texts if looks_like_sql(strings.flat(pair[1]))]
        for number, (node, value) in enumerate(sure or texts[-1:]):
            yield number, node, value


def _is_marked(source: Source, node: ast.expr, line: int, trailing: bool) -> bool:
    """Whether a marker speaks of the literal: on one of its lines, or above it or its statement."""
    last = node.end_lineno or node.lineno
    return node.lineno <= line <= last or (not trailing and _begins_marked(source, node, line))


def _begins_marked(source: Source, node: ast.expr, line: int) -> bool:
    before = source.lines.starts[node.lineno - 1]
    previous = source.text[:before].rstrip()
    if not previous.endswith(("(", "=", "\\")):
        return False
    return source.lines.place(max(len(previous) - 1, 0))[0] == line


def uses(value: Str, written: set[tuple[str, int]]) -> bool:
    """Whether a part of the text is written in one of those literals, each by its path and its start."""
    literals = (getattr(piece, "literal", None) for piece in value.pieces)
    return any((literal.path, literal.start) in written for literal in literals if literal is not None)
