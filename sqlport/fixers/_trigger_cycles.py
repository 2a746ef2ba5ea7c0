"""Which triggers fire each other: SQLite never runs a trigger inside itself, by whatever way it comes there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlport.catalog import Catalog
from sqlport.catalog.names import folded
from sqlport.sql import read
from sqlport.sql.tokens import LexError, tokenize
from sqlport.sql.triggers import CreateTrigger, read_create_trigger


@dataclass(frozen=True, slots=True)
class Write:
    """What a statement does to a table: `event`, and the columns that an UPDATE sets (none: unknown)."""

    table: str
    event: str
    columns: frozenset[str] = frozenset()

    def fires(self, trigger: CreateTrigger) -> bool:
        """Whether the trigger runs for it."""
        if folded(trigger.table.text) != self.table or trigger.event != self.event:
            return False
        watched = {folded(name.text) for name in trigger.columns}
        return self.event != "UPDATE" or not watched or not self.columns or not watched.isdisjoint(self.columns)


def writes(text: str) -> Iterator[Write]:
    """What the statement writes; an upsert inserts and updates."""
    parsed = read(text)
    tree = parsed.tree
    if not isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        return
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name = folded(target.name)
    if isinstance(tree, exp.Update):
        columns = frozenset(folded(item.this.name) for item in tree.expressions if isinstance(item, exp.EQ))
        yield Write(name, "UPDATE", columns)
    elif isinstance(tree, exp.Delete):
        yield Write(name, "DELETE")
    else:
        yield Write(name, "INSERT")
        if tree.args.get("conflict") is not None or "conflict" in parsed.lifted:
            yield Write(name, "UPDATE")


def runs_itself_through_others(trigger: CreateTrigger, text: str, catalog: Catalog) -> bool:
    """Whether what the trigger writes makes other triggers write what fires it."""
    known = dict(_triggers(catalog))
    own = folded(trigger.name.text)
    waiting = [write for span in trigger.body for write in writes(span.of(text))]
    seen: set[str] = {own}
    while waiting:
        write = waiting.pop()
        for name, (other, sql) in known.items():
            if name in seen or not write.fires(other):
                continue
            seen.add(name)
            made = [each for span in other.body for each in writes(span.of(sql))]
            if any(each.fires(trigger) for each in made):
                return True
            waiting += made
    return False


def _triggers(catalog: Catalog) -> Iterator[tuple[str, tuple[CreateTrigger, str]]]:
    for table in catalog:
        for trigger in table.triggers:
            if trigger.dropped:
                continue
            try:
                written = read_create_trigger(trigger.sql, tokenize(trigger.sql))
            except LexError:
                continue  # what cannot be read is a finding of its own
            if written is not None:
                yield folded(trigger.name), (written, trigger.sql)
