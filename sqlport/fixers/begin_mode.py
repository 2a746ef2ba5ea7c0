"""TXN001: BEGIN DEFERRED, IMMEDIATE and EXCLUSIVE."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability, Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every one; DEFERRED is what BEGIN means anyway."""
    tokens = context.parsed.tokens
    if context.parsed.kind != "BEGIN" or len(tokens) < 2:
        return
    mode = tokens[1].word
    if mode in ("DEFERRED", "IMMEDIATE", "EXCLUSIVE"):
        span = Span(tokens[0].start, tokens[1].end)
        change = replace(Span(tokens[0].end, tokens[1].end))
        yield Proposal(span, (change,), Applicability.SAFE if mode == "DEFERRED" else Applicability.UNSAFE)
