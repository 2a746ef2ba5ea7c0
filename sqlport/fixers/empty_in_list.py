"""OPR008: `x IN ()`, which is never true."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every empty list: `false`, also for NULL, as SQLite says; `NOT IN ()` is `true`."""
    for node in context.parsed.nodes(exp.In):
        if node.expressions or node.args.get("query") is not None or node.args.get("field") is not None:
            continue
        if not context.parsed.has_span(node) or context.parsed.text_of(node)[-1] != ")":
            continue
        negated = isinstance(node.parent, exp.Not) and context.parsed.span(node.parent) == context.parsed.span(node)
        whole = node.parent if negated and node.parent is not None else node
        condition = context.semantics.wants_condition(whole)
        words = ("false", "true") if condition else ("0", "1")
        span = context.parsed.span(whole)
        yield Proposal(span, (replace(span, words[negated]),))
