"""The joins of a query, with the words that make them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.model import Span
from sqlport.sql import Token


def joins(context: Context) -> Iterator[tuple[exp.Join, tuple[Token, ...]]]:
    """Every join and the words before its table: `LEFT JOIN`, `,`."""
    parsed = context.parsed
    for join in parsed.nodes(exp.Join):
        if parsed.has_span(join) and parsed.has_span(join.this):
            words = parsed.tokens_in(Span(parsed.span(join).start, parsed.span(join.this).start))
            if words:
                yield join, words


def has_condition(context: Context, join: exp.Join) -> bool:
    """Whether ON or USING is written."""
    condition = join.args.get("on")
    return bool(join.args.get("using")) or (condition is not None and context.parsed.has_span(condition))


def is_comma(words: tuple[Token, ...]) -> bool:
    """Whether the join is a comma."""
    return words[0].text == ","
