"""OPR001: `==`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every `==`."""
    for token in context.parsed.tokens:
        if token.text == "==":
            yield Proposal(token.span, (replace(token.span, "="),))
