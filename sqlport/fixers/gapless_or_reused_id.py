"""ROW004: ids that SQLite leaves no gap in, and PostgreSQL does."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import conflict_word, inserted

_SKIPPED = (
    "a skipped or updated row uses up an id in PostgreSQL: {table}.{key} gets gaps where SQLite has none;"
    " do not rely on ids without gaps"
)
_ROLLED_BACK = (
    "an id that a rolled back INSERT took is not given again in PostgreSQL: {table}.{key} gets gaps where SQLite has"
    " none; do not rely on ids without gaps"
)

_REUSED = (
    "SQLite gives the id of a deleted last row again, PostgreSQL does not: {table}.{key} goes on behind it; do not"
    " rely on which id a new row gets"
)


def find(context: Context) -> Iterator[Proposal]:
    """INSERTs of a script that follow one which was skipped or rolled back, or a DELETE."""
    found = inserted(context)
    key = found.table.rowid_column if found is not None and found.table is not None else None
    if found is None or key is None or key.name.lower() in found.given():
        return
    span = context.parsed.span(found.node)
    if context.before.has("ROLLBACK") and context.before.has("INSERT"):
        yield Proposal(span, message=_ROLLED_BACK.format(table=found.name, key=key.name))
        return
    if not key.autoincrement and any(_deletes(text, found.name) for text in context.before.starting("DELETE")):
        yield Proposal(span, message=_REUSED.format(table=found.name, key=key.name))
        return
    word = conflict_word(context)
    skips = isinstance(found.node.args.get("conflict"), exp.OnConflict) or (word is not None and word[0] == "IGNORE")
    several = len(found.rows) > 1 or found.source is not None
    if skips and (several or any(_fills(text, found.name) for text in context.after.starting("INSERT"))):
        yield Proposal(span, message=_SKIPPED.format(table=found.name, key=key.name))


def _fills(text: str, table: str) -> bool:
    words = text.replace("(", " ").split()
    return [word.upper() for word in words[:1]] == ["INSERT"] and table.lower() in (
        word.lower().strip('"') for word in words[1:5]
    )


def _deletes(text: str, table: str) -> bool:
    words = text.split()
    return [word.upper() for word in words[:2]] == ["DELETE", "FROM"] and [word.lower() for word in words[2:3]] == [
        table.lower()
    ]
