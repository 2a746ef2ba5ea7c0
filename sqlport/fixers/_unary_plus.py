"""Signs `+` before a value, which SQLite ignores and PostgreSQL allows before numbers only. Part of NUM004."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import server_type
from sqlport.model import Applicability, Span
from sqlport.sql import replace

_OPERANDS = frozenset(["VAR", "IDENTIFIER", "NUMBER", "STRING", "R_PAREN", "PLACEHOLDER", "PARAMETER"])
_WORDS = frozenset(
    "SELECT WHERE AND OR NOT ON BY WHEN THEN ELSE CASE LIKE IN IS BETWEEN HAVING LIMIT OFFSET DISTINCT".split()
) | {"ORDER BY", "GROUP BY", "PARTITION BY", "SET", "RETURNING"}


def plus_signs(context: Context) -> Iterator[Proposal]:
    """Every such sign before a text column or a string."""
    tokens = context.parsed.tokens
    starts = {
        context.parsed.span(node).start: node
        for node in context.parsed.nodes(exp.Column, exp.Literal)
        if context.parsed.has_span(node)
    }
    for index, token in enumerate(tokens[:-1]):
        before = tokens[index - 1] if index else None
        unary = before is None or before.word in _WORDS or before.kind not in _OPERANDS
        node = starts.get(tokens[index + 1].start)
        if token.text != "+" or not unary or node is None:
            continue
        if server_type(context, node) == "text" or (isinstance(node, exp.Literal) and node.is_string):
            span = Span(token.start, tokens[index + 1].start)
            yield Proposal(token.span, (replace(span),), Applicability.SAFE)
