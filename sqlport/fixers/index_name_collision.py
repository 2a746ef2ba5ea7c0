"""IDX002: names of indexes that PostgreSQL gives to something of its own."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded, quote
from sqlport.catalog.tables import Table
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created_index
from sqlport.sql import replace

_SUFFIXES = ("_pkey", "_key", "_seq")


def find(context: Context) -> Iterator[Proposal]:
    """A CREATE INDEX whose name a key or a sequence of a table gets by itself."""
    index = created_index(context)
    if index is None:
        return
    name = folded(index.name.text)
    if not name.endswith(_SUFFIXES):
        return
    for table in context.catalog:
        if name in _implied(table):
            taken = {folded(each.name) for each in context.catalog}
            taken.update(folded(each.name) for parent in context.catalog for each in parent.indexes)
            other = next(free for free in _free(name) if free not in taken)
            message = (
                f"{index.name.text} is what PostgreSQL calls a key or sequence of {table.name}, and they share one "
                "space of names with indexes; give the index another name"
            )
            yield Proposal(index.name.span, (replace(index.name.span, quote(other)),), message=message)
            return


def _implied(table: Table) -> Iterator[str]:
    """The names of what a CREATE TABLE makes besides the table (without those that PostgreSQL had to number)."""
    if table.kind != "table":
        return
    name = folded(table.name)
    if table.primary_key:
        yield f"{name}_pkey"
    for column in table.columns:
        if column.rowid_alias:
            yield f"{name}_{folded(column.name)}_seq"
    for index in table.indexes:
        if index.origin == "unique":
            yield "_".join([name, *(folded(term.column or "expr") for term in index.terms), "key"])


def _free(name: str) -> Iterator[str]:
    yield f"{name}_idx"
    yield from (f"{name}_idx{number}" for number in range(1, 1000))
