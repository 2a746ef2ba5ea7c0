"""Text that the host computes: it cannot be repeated elsewhere, and what it stands for is not known."""

from __future__ import annotations

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.model import Span


def has_hole(context: Context, node: exp.Expr) -> bool:
    """Whether a part of the node is computed by the host."""
    if not context.parsed.holes or not context.parsed.has_span(node):
        return False
    span = context.parsed.span(node)
    return any(span.overlaps(Span(hole.start, hole.end)) for hole in context.parsed.holes)


def is_hole(context: Context, node: exp.Expr) -> bool:
    """Whether the host computes the whole node: a condition or a list of terms, as well as a name or a value."""
    if not context.parsed.holes or not context.parsed.has_span(node):
        return False
    span = context.parsed.span(node)
    return any(span == Span(hole.start, hole.end) for hole in context.parsed.holes)
