"""TYP006: text functions and LIKE over numbers, which PostgreSQL does not turn into text by itself."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import NUMBERS, number_as_text
from sqlport.fixers._as_text import REAL_CONDITION, as_text
from sqlport.fixers._patterns import quoted
from sqlport.fixers._server_types import cast
from sqlport.model import Applicability
from sqlport.sql import replace

_FIRST = frozenset("lower upper length substr substring trim ltrim rtrim starts_with".split())
_ALL = frozenset(["replace"])
_OPERATORS = (exp.Like, exp.ILike, exp.Glob, exp.RegexpLike)


def find(context: Context) -> Iterator[Proposal]:
    """Every number that stands where text is wanted."""
    for call in context.parsed.nodes(exp.Anonymous):
        if call.this in _FIRST:
            yield from _text(context, call.expressions[:1])
        elif call.this in _ALL:
            yield from _text(context, call.expressions)
    for kind in _OPERATORS:
        for node in context.parsed.nodes(kind):
            yield from _text(context, [node.this, node.expression])


def _text(context: Context, nodes: list[exp.Expr]) -> Iterator[Proposal]:
    for node in nodes:
        kind = context.semantics.kind(node)
        if kind not in NUMBERS or not context.parsed.has_span(node):
            continue
        span = context.parsed.span(node)
        written = number_as_text(node)
        if written is not None:
            yield Proposal(span, (replace(span, quoted(written)),))
        elif kind == "integer":
            yield Proposal(span, (replace(span, *cast(context, node, "text")),))
        else:
            rewrites = (replace(span, *as_text(context, node)),)
            yield Proposal(span, rewrites, Applicability.UNSAFE, "", REAL_CONDITION)
