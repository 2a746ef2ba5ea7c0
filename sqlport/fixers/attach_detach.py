"""PRG007: ATTACH and DETACH."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span


def find(context: Context) -> Iterator[Proposal]:
    """Every one."""
    if context.parsed.kind in ("ATTACH", "DETACH"):
        tokens = context.parsed.tokens
        yield Proposal(Span(tokens[0].start, tokens[-1].end))
