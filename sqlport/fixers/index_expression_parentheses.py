"""IDX001: expressions in an index, which PostgreSQL wants in parentheses of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created_index
from sqlport.sql import Token, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every term that is neither a column, nor one call, nor enclosed already."""
    index = created_index(context)
    for term in index.terms if index else ():
        tokens = context.parsed.tokens_in(term.expression)
        if term.name is None and not _is_enclosed(tokens) and not _is_call(tokens):
            yield Proposal(term.expression, (wrap(term.expression, "(", ")"),))


def _is_enclosed(tokens: Sequence[Token]) -> bool:
    """Whether the first parenthesis is closed by the last token."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return token.text == ")" and place == len(tokens) - 1
    return False


def _is_call(tokens: Sequence[Token]) -> bool:
    """Whether it is one call: CAST and CASE are none for PostgreSQL's grammar of an index."""
    return len(tokens) > 2 and tokens[0].word not in ("CAST", "CASE", "NOT") and _is_enclosed(tokens[1:])
