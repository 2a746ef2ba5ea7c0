"""PRM001: SQLite's `?`, `?1`, `:a`, `@a`, `$a` as the target's driver spells them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace
from sqlport.sql.parameters import spelled


def find(context: Context) -> Iterator[Proposal]:
    """Every placeholder, where the call takes those of the target."""
    if context.speaks_target:
        for placeholder, text in spelled(context.parsed, context.target.driver):
            if placeholder.text != text:
                yield Proposal(placeholder.span, (replace(placeholder.span, text),))
