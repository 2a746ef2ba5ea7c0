"""DDL016: rows that are written while SQLite does not look at foreign keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import inserted
from sqlport.script import Part

_SWITCH = re.compile(r"(?i)^\s*PRAGMA\s+(?:\w+\s*\.\s*)?foreign_keys\s*(?:=\s*|\(\s*)['\"]?(\w+)")
_ORPHAN = (
    "nothing here makes the row {value} of {table}: SQLite looks at foreign keys only after `PRAGMA foreign_keys = ON`,"
    " PostgreSQL always; write the parent first"
)
_DUMP = 50
_ON = frozenset(["on", "1", "true", "yes"])


def find(context: Context) -> Iterator[Proposal]:
    """A change of rows behind `PRAGMA foreign_keys = OFF` of the same script, of a table that has or is under a key."""
    tree = context.parsed.tree
    if isinstance(tree, exp.Insert) and context.is_script and not _switched(context.before):
        yield from _orphans(context)
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete) or not _switched_off(context.before):
        return
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    table = context.catalog.table(target.name)
    if table is None or not context.parsed.has_span(target.this):
        return
    name = folded(table.name)
    children = [other.name for other in context.catalog if any(folded(key.table) == name for key in other.foreign_keys)]
    if isinstance(tree, exp.Insert):
        children = []
    if (table.foreign_keys and not isinstance(tree, exp.Delete)) or children:
        yield Proposal(context.parsed.span(target.this))


def _orphans(context: Context) -> Iterator[Proposal]:
    """Keys that are written out in an INSERT whose script makes no parent: without the PRAGMA nobody looked."""
    found = inserted(context)
    if found is None or found.table is None:
        return
    if len(context.before) + len(context.after) > _DUMP:
        return  # a dump brings the parents along, and its many statements are not to be read for each of them
    script = " ".join((*context.before, *context.after)).lower()
    for key in found.table.foreign_keys:
        if len(key.columns) != 1 or re.search(rf"\binto\s+[\"`\[]?{re.escape(key.table.lower())}\b", script):
            continue
        for row in found.rows:
            for name, value in zip(found.columns, row, strict=False):
                is_key = folded(name) == folded(key.columns[0]) and isinstance(value, exp.Literal)
                if is_key and context.parsed.has_span(value):
                    message = _ORPHAN.format(value=context.parsed.text_of(value), table=key.table)
                    yield Proposal(context.parsed.span(value), message=message)


def _switched(before: Part) -> bool:
    """Whether the script says whether SQLite looks at foreign keys."""
    return any(_SWITCH.match(statement) for statement in before.starting("PRAGMA"))


def _switched_off(before: Part) -> bool:
    for statement in reversed([*before.starting("PRAGMA")]):
        match = _SWITCH.match(statement)
        if match:
            return match[1].lower() not in _ON
    return False
