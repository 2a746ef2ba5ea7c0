"""Functions that have no counterpart: found by name, each with what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlport.fixers import Context, Proposal


def named_calls(context: Context, advice: Mapping[str, str]) -> Iterator[Proposal]:
    """A finding for every call of these functions."""
    for call in context.parsed.calls(*advice):
        yield Proposal(context.parsed.span(call), message=advice[str(call.this)])
