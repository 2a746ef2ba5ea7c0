"""TRG002: DROP TRIGGER, for which PostgreSQL wants to know the table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded, quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers.create_trigger import function_name
from sqlport.model import Applicability, Span
from sqlport.sql import insert, replace
from sqlport.sql.triggers import read_drop_trigger


def find(context: Context) -> Iterator[Proposal]:
    """A DROP TRIGGER without a table: with it, or, where it is not known, with the function that it runs."""
    if context.parsed.kind != "DROP TRIGGER":
        return
    drop = read_drop_trigger(context.parsed.text, context.parsed.tokens)
    if drop is None:
        return
    wanted = folded(drop.name.text)
    tables = [table for table in context.catalog if any(folded(trigger.name) == wanted for trigger in table.triggers)]
    if tables:
        yield Proposal(drop.name.span, (insert(drop.name.span.end, f" ON {quote(tables[0].name)}"),))
        return
    start = context.parsed.tokens[1].start
    lenient = "IF EXISTS " if drop.if_exists else ""
    message = (
        "PostgreSQL wants the table behind ON, which is not known here; a trigger that create-trigger ported goes "
        "with its function"
    )
    whole = Span(start, drop.name.span.end)
    rewrite = replace(whole, f"FUNCTION {lenient}{function_name(drop.name.text)}() CASCADE")
    yield Proposal(whole, (rewrite,), Applicability.SAFE, message)
