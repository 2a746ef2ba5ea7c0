"""PRG006: REINDEX without saying what kind of thing its name is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog import folded
from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import insert

_UNKNOWN = "PostgreSQL asks for REINDEX TABLE, INDEX or SCHEMA; no table or index of this name is known"
_KINDS = frozenset(["DATABASE", "TABLE", "INDEX", "SCHEMA", "SYSTEM"])


def find(context: Context) -> Iterator[Proposal]:
    """Every one."""
    tokens = context.parsed.tokens
    if context.parsed.kind != "REINDEX" or (len(tokens) > 1 and tokens[1].word in _KINDS):
        return
    span = Span(tokens[0].start, tokens[-1].end)
    if len(tokens) == 1:
        yield Proposal(span, (insert(span.end, " DATABASE"),))
        return
    name = folded(tokens[-1].text.strip('"`[]'))
    if name in context.catalog:
        yield Proposal(span, (insert(tokens[0].end, " TABLE"),))
    elif any(folded(index.name) == name for table in context.catalog for index in table.indexes):
        yield Proposal(span, (insert(tokens[0].end, " INDEX"),))
    else:
        yield Proposal(span, message=_UNKNOWN)
