"""UPS008: what SQLite does by itself when a constraint is violated."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, removed
from sqlport.model import Applicability


def find(context: Context) -> Iterator[Proposal]:
    """Every ON CONFLICT clause of a constraint; ABORT is what happens without one."""
    for constraint in constraints(context):
        if constraint.conflict is not None:
            span = constraint.conflict.span
            safe = constraint.conflict.value == "ABORT"
            applicability = Applicability.SAFE if safe else Applicability.UNSAFE
            yield Proposal(span, (removed(context.parsed.text, span),), applicability)
