"""FNC002: iif(), which PostgreSQL has not, as CASE."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every `iif(condition, value, ..., otherwise)` and `if(...)`."""
    for call in context.parsed.calls("iif", "if"):
        arguments = [context.parsed.span(argument) for argument in call.expressions]
        if len(arguments) < 2:
            continue
        parts: list[str | Span] = ["CASE"]
        for condition, value in zip(arguments[::2], arguments[1::2], strict=False):
            parts += [" WHEN ", condition, " THEN ", value]
        if len(arguments) % 2:
            parts += [" ELSE ", arguments[-1]]
        span = context.parsed.span(call)
        yield Proposal(span, (replace(span, *parts, " END"),))
