"""AGG004: count() without an argument."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every count()."""
    for call in context.parsed.calls("count"):
        if not call.expressions:
            span = context.parsed.span(call)
            name = context.parsed.text[span.start : span.start + len("count")]
            yield Proposal(span, (replace(span, f"{name}(*)"),))
