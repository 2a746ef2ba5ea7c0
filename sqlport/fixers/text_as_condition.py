"""BOO004: text or bytes where a condition is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import real_prefix
from sqlport.model import Applicability
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every text that stands as a condition, `'1'` and `'0'` aside, which both engines take alike."""
    tree = context.parsed.tree
    for node in tree.dfs() if tree is not None else ():
        if isinstance(node, exp.And | exp.Or | exp.Not | exp.Paren) or not context.semantics.wants_condition(node):
            continue
        if not context.parsed.has_span(node) or context.semantics.kind(node) not in ("text", "blob"):
            continue
        if not isinstance(node, exp.Literal):
            yield Proposal(context.parsed.span(node))
        elif node.this not in ("0", "1"):
            span, value = context.parsed.span(node), float(real_prefix(str(node.this)))
            yield Proposal(span, (replace(span, "true" if value else "false"),), Applicability.SAFE)
