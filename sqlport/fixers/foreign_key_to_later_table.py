"""DDL009: foreign keys to tables that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded
from sqlport.catalog.tables import Table
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, created, without_constraint
from sqlport.model import Applicability

_ORDER = "both tables are made in this order; the key is added behind the other one"


def find(context: Context) -> Iterator[Proposal]:
    """Every foreign key of a CREATE TABLE to a table that comes later in the same file, or nowhere."""
    table = created(context)
    own = context.catalog.table(table.name.text) if table else None
    if table is None or own is None:
        return
    for constraint in constraints(context):
        references = constraint.references
        if references is None:
            continue
        target = folded(references.table.text)
        parent = context.catalog.tables.get(target)
        name = references.table.text
        if parent is None:
            yield Proposal(references.span, message=f"no definition of {name} was found; PostgreSQL refuses the key")
        elif target in context.deferred or _is_later(context, parent, own):
            message = (
                f"{name} is made later in the same file; PostgreSQL wants it first: move the statement, "
                "or add the key by ALTER TABLE behind it"
            )
            rewrites = without_constraint(context, constraint) if target in context.deferred else ()
            yield Proposal(references.span, rewrites, Applicability.UNSAFE if rewrites else None, message, _ORDER)


def _is_later(context: Context, parent: Table, own: Table) -> bool:
    """Whether the file that defines both tables defines the parent behind the own one."""
    target, mine = folded(parent.name), folded(own.name)
    return target != mine and _file(parent) == _file(own) and _first(context, target, mine) == mine


def _first(context: Context, one: str, other: str) -> str:
    """Which of the two tables is defined first."""
    return next(name for name in context.catalog.tables if name in (one, other))


def _file(table: Table) -> str:
    """The file of a label `path:line`; the order of statements in different files is not known."""
    path, colon, line = table.label.rpartition(":")
    return path if colon and line.isdigit() else table.label
