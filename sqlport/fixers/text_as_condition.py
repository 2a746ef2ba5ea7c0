"""BOO004: text or bytes where a condition is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal


def find(context: Context) -> Iterator[Proposal]:
    """Every text that stands as a condition, `'1'` and `'0'` aside, which both engines take alike."""
    tree = context.parsed.tree
    for node in tree.dfs() if tree is not None else ():
        if isinstance(node, exp.And | exp.Or | exp.Not | exp.Paren) or not context.parsed.has_span(node):
            continue
        if not context.semantics.wants_condition(node) or context.semantics.kind(node) not in ("text", "blob"):
            continue
        if not (isinstance(node, exp.Literal) and node.this in ("0", "1")):
            yield Proposal(context.parsed.span(node))
