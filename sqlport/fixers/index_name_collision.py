"""IDX002: names of indexes and keys that something else has in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from sqlport.catalog.names import folded, quote
from sqlport.catalog.tables import Table
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, created, created_index
from sqlport.model import Applicability
from sqlport.sql import replace
from sqlport.sql.ddl import read_create_table
from sqlport.sql.tokens import LexError, tokenize

_INDEXED = frozenset(["unique", "primary key"])
_SUFFIXES = ("_pkey", "_key", "_seq")


def find(context: Context) -> Iterator[Proposal]:
    """A CREATE INDEX whose name a key or a sequence of a table gets by itself; named keys with the name of another."""
    yield from _keys(context)
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


def _keys(context: Context) -> Iterator[Proposal]:
    """Names of UNIQUE and PRIMARY KEY, which PostgreSQL gives to their indexes. No statement of SQLite uses them."""
    table = created(context)
    named = [one for one in constraints(context) if one.kind in _INDEXED and one.name] if table else []
    if table is None or not named:
        return
    own = folded(table.name.text)
    earlier = takewhile(lambda each: folded(each.name) != own, context.catalog)  # the first one keeps its name
    taken = {folded(each.name) for each in context.catalog}
    taken.update(folded(each.name) for parent in context.catalog for each in parent.indexes if each.origin == "index")
    taken.update(name for each in earlier if "constraint" in each.sql.lower() for name in _named_keys(each))
    for one in named:
        if one.name is not None and folded(one.name.text) in taken:
            message = (
                f"{one.name.text} is the name of something else as well, and the keys of a schema share one space of"
                " names with its tables and indexes on PostgreSQL; give the key another name"
            )
            other = f"{own}_{folded(one.name.text)}"
            other = next(free for free in (other, *_free(other)) if free not in taken)
            yield Proposal(one.name.span, (replace(one.name.span, quote(other)),), Applicability.SAFE, message)


def _named_keys(table: Table) -> Iterator[str]:
    try:
        written = read_create_table(table.sql, tokenize(table.sql))
    except LexError:  # a definition of another database's catalog, of which only the names are known
        return
    if written is not None:
        for one in (*written.constraints, *(each for column in written.columns for each in column.constraints)):
            if one.name is not None and one.kind in _INDEXED:
                yield folded(one.name.text)


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
