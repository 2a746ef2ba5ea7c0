"""DML003: UPDATE that sets a column twice, of which SQLite takes the last."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every assignment that a later one of the same column makes void."""
    for update in context.parsed.nodes(exp.Update, exp.OnConflict):
        assignments = [a for a in update.expressions if isinstance(a, exp.EQ) and isinstance(a.this, exp.Column)]
        if len(assignments) != len(update.expressions):
            continue
        names = [folded(assignment.this.name) for assignment in assignments]
        spans = [context.parsed.span(assignment) for assignment in assignments]
        for index, name in enumerate(names):
            if name in names[index + 1 :]:
                removed = replace(Span(spans[index].start, spans[index + 1].start))
                yield Proposal(spans[index], (removed,))
