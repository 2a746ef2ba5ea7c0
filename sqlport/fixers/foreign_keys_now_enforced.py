"""DDL016: rows that are written while SQLite does not look at foreign keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.script import Part

_SWITCH = re.compile(r"(?i)^\s*PRAGMA\s+(?:\w+\s*\.\s*)?foreign_keys\s*(?:=\s*|\(\s*)['\"]?(\w+)")
_ON = frozenset(["on", "1", "true", "yes"])


def find(context: Context) -> Iterator[Proposal]:
    """A change of rows behind `PRAGMA foreign_keys = OFF` of the same script, of a table that has or is under a key."""
    tree = context.parsed.tree
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


def _switched_off(before: Part) -> bool:
    for statement in reversed([*before.starting("PRAGMA")]):
        match = _SWITCH.match(statement)
        if match:
            return match[1].lower() not in _ON
    return False
