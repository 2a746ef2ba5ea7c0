"""Keys over NOCASE columns that stay text: a unique index over lower() beside or instead of the constraint."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import folded, kept, quote
from sqlport.catalog.nocase import is_referred
from sqlport.fixers import Context
from sqlport.fixers._tables import chosen_type, created, removed
from sqlport.model import Span
from sqlport.sql import Rewrite, insert
from sqlport.sql.definitions import Constraint, CreateTable


def rewrites(context: Context) -> tuple[Rewrite, ...]:
    """For the UNIQUE and PRIMARY KEY constraints over columns that the statement declares COLLATE NOCASE."""
    table = created(context)
    found: list[Rewrite] = []
    indexes = ""
    lowered = set(_nocase_columns(context, table)) if table else set[str]()
    for constraint, names in _keys(table) if table else ():
        if not lowered.intersection(map(folded, names)):
            continue
        assert table is not None
        listed = ", ".join(f"lower({quote(name)})" if folded(name) in lowered else quote(name) for name in names)
        stays = constraint.kind == "primary key" or is_referred(context.catalog, table.name.text, names)
        named = kept(constraint.name.text) if constraint.name and not stays else ""
        index = named or kept(f"{table.name.text}_{'_'.join(names)}_lower_key")
        missing = "IF NOT EXISTS " if table.if_not_exists else ""
        indexes += f"; CREATE UNIQUE INDEX {missing}{quote(index)} ON {quote(table.name.text)} ({listed})"
        if not stays:
            found.append(_without(context, table, constraint))
    return (*found, insert(context.parsed.tokens[-1].end, indexes)) if indexes else ()


def _nocase_columns(context: Context, table: CreateTable) -> Iterator[str]:
    for column in table.columns:
        collations = [each.collation for each in column.all("collate") if each.collation]
        if collations and collations[-1].same_as("nocase"):
            if chosen_type(context, table.name.text, column).type == "text":
                yield folded(column.name.text)


def _keys(table: CreateTable) -> Iterator[tuple[Constraint, tuple[str, ...]]]:
    """Constraints with their columns; one with a COLLATE of its own is COL001."""
    for column in table.columns:
        for constraint in column.all("unique", "primary key"):
            yield constraint, (column.name.text,)
    for constraint in table.constraints:
        if constraint.kind in ("unique", "primary key") and not any(term.collation for term in constraint.terms):
            yield constraint, tuple(term.name.text for term in constraint.terms if term.name)


def _without(context: Context, table: CreateTable, constraint: Constraint) -> Rewrite:
    text = context.parsed.text
    if constraint.comma is not None and constraint in table.constraints:
        return removed(text, Span(constraint.comma.start, constraint.span.end))
    return removed(text, constraint.span)
