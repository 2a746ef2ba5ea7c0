"""DDL009: foreign keys to tables that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded
from sqlport.catalog.tables import Table
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created, foreign_keys


def find(context: Context) -> Iterator[Proposal]:
    """Every foreign key of a CREATE TABLE to a table that comes later in the same file, or nowhere."""
    table = created(context)
    own = context.catalog.table(table.name.text) if table else None
    if table is None or own is None:
        return
    mine = folded(own.name)
    for _, references in foreign_keys(context):
        target = folded(references.table.text)
        parent = context.catalog.tables.get(target)
        name = references.table.text
        if parent is None:
            yield Proposal(references.span, message=f"no definition of {name} was found; PostgreSQL refuses the key")
        elif target != mine and _file(parent) == _file(own) and _first(context, target, mine) == mine:
            message = (
                f"{name} is made later in the same file; PostgreSQL wants it first: move the statement, "
                "or add the key by ALTER TABLE behind it"
            )
            yield Proposal(references.span, message=message)


def _first(context: Context, one: str, other: str) -> str:
    """Which of the two tables is defined first."""
    return next(name for name in context.catalog.tables if name in (one, other))


def _file(table: Table) -> str:
    """The file of a label `path:line`; the order of statements in different files is not known."""
    path, colon, line = table.label.rpartition(":")
    return path if colon and line.isdigit() else table.label
