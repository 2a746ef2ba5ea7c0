"""AGG005: median() and percentile(), ordered-set aggregates on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every median(x), percentile(x, p), percentile_cont(x, f), percentile_disc(x, f)."""
    for call in context.parsed.calls("median", "percentile", "percentile_cont", "percentile_disc"):
        if isinstance(call.parent, exp.WithinGroup) or len(call.expressions) != (1 if call.this == "median" else 2):
            continue
        name = "percentile_disc" if call.this == "percentile_disc" else "percentile_cont"
        parts = (f"{name}(", *_fraction(context, call), ") WITHIN GROUP (ORDER BY ")
        span = context.parsed.span(call)
        yield Proposal(span, (replace(span, *parts, context.parsed.span(call.expressions[0]), ")"),))


def _fraction(context: Context, call: exp.Anonymous) -> tuple[str | Span, ...]:
    if call.this == "median":
        return ("0.5",)
    value = call.expressions[1]
    span = context.parsed.span(value)
    if call.this != "percentile":
        return (span,)
    if isinstance(value, exp.Literal) and not value.is_string:
        return (f"{float(str(value.this)) / 100:g}",)
    return ("(", span, ")::float8 / 100")
