"""NUM002: `%` of floats, which SQLite cuts to integers first."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import is_cast_already, server_type
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every `%` with an operand that is no whole number."""
    for node in context.parsed.nodes(exp.Mod):
        floats = [side for side in (node.this, node.expression) if server_type(context, side) in ("float8", "numeric")]
        if not floats:
            continue
        rewrites: list[Rewrite] = []
        for side in floats:
            inner = side
            while isinstance(inner, exp.Paren):
                inner = inner.this
            span = context.parsed.span(side)
            rewrites.append(replace(span, "trunc(", context.parsed.span(inner), ")::bigint"))
        if not is_cast_already(context, node):
            whole = context.parsed.span(node)
            bracketed = isinstance(node.parent, exp.Paren) and context.parsed.has_span(node.parent)
            if bracketed and node.parent is not None:
                rewrites.append(wrap(context.parsed.span(node.parent), "", "::float8"))
            else:
                rewrites.append(wrap(whole, "(", ")::float8"))
        yield Proposal(context.parsed.span(node), tuple(rewrites))
