"""TXN003: going on in a transaction after a statement failed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog import Table, folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import is_open
from sqlport.model import Span


def find(context: Context) -> Iterator[Proposal]:
    """ADD COLUMN of a column that is there, inside a transaction: what follows is lost on PostgreSQL."""
    tokens = context.parsed.tokens
    words = [token.word for token in tokens]
    if context.parsed.kind != "ALTER TABLE" or "ADD" not in words or not is_open(context.before):
        return
    table = context.catalog.table(tokens[2].text.strip('"`[]'))
    place = words.index("ADD") + 1
    place += words[place : place + 1] == ["COLUMN"]
    if table is not None and place < len(tokens) and _was_there(context, table, tokens[place].text.strip('"`[]')):
        yield Proposal(Span(tokens[0].start, tokens[-1].end))


def _was_there(context: Context, table: Table, column: str) -> bool:
    """Whether the table has the column from before this script: what a script adds comes last."""
    added = sum(" ADD " in text.upper() for text in (*context.before, context.parsed.text, *context.after))
    older = table.columns[: max(len(table.columns) - added, 0)]
    return any(folded(each.name) == folded(column) for each in older)
