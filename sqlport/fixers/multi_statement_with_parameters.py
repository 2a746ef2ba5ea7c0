"""TXN005: several statements in one call that passes parameters."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import is_script
from sqlport.model import Span


def find(context: Context) -> Iterator[Proposal]:
    """The statement with the parameters."""
    if is_script(context) and context.passes_parameters and context.parsed.placeholders:
        tokens = context.parsed.tokens
        yield Proposal(Span(tokens[0].start, tokens[-1].end))
