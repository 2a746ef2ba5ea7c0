"""Names in quotes that PostgreSQL does not know, or that it takes literally."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import names, written
from sqlport.sql import replace


def requoted(context: Context, quoting: str) -> Iterator[Proposal]:
    """Every name in this kind of quotes that PostgreSQL has to read otherwise."""
    for name in names(context):
        if name.quoting == quoting and name.value:
            text = written(context, name)
            if text != name.span.of(context.parsed.text):
                yield Proposal(name.span, (replace(name.span, text),))
