"""ROW005: last_insert_rowid(), for which PostgreSQL has RETURNING."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability
from sqlport.sql import replace

_ELSEWHERE = (
    "PostgreSQL has no last_insert_rowid(); take the id from `INSERT ... RETURNING id` and pass it as a parameter"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every call: alone in a SELECT it is lastval(), elsewhere a person has to pass the id on."""
    for call in context.parsed.calls("last_insert_rowid"):
        span = context.parsed.span(call)
        query = context.parsed.tree
        item = call.parent if isinstance(call.parent, exp.Alias) else call
        alone = isinstance(query, exp.Select) and item.parent is query and query.args.get("from_") is None
        if alone:
            yield Proposal(span, (replace(span, "lastval()"),), Applicability.UNSAFE)
        else:
            yield Proposal(span, message=_ELSEWHERE)
