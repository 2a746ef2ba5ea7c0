"""PRM003: psycopg reads `%` wherever parameters are passed, so one that is meant has to be doubled."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace
from sqlport.sql.parameters import percents


def find(context: Context) -> Iterator[Proposal]:
    """Every `%` of a statement that psycopg gets with parameters."""
    if not context.speaks_target or context.target.driver != "psycopg":
        return
    if context.passes_parameters or context.parsed.placeholders:
        for span in percents(context.parsed):
            yield Proposal(span, (replace(span, "%%"),))
