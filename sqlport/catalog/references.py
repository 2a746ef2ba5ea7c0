"""Columns of foreign keys: PostgreSQL wants them of a type that it can compare with the column they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlport.catalog.names import folded
from sqlport.catalog.tables import Catalog, Column, Referred, Table


def with_referred(catalog: Catalog) -> Catalog:
    """The catalog with `Column.referred` filled in for the columns of all keys that PostgreSQL can have.

    It can have those to columns that are unique together; where the referred column refers on, the last one counts
    (https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK).
    """
    tables = []
    for table in catalog:
        found = {folded(name): referred for name, referred in _referred(catalog, table)}
        if found:
            columns = (replace(column, referred=found.get(folded(column.name))) for column in table.columns)
            table = replace(table, columns=tuple(columns))
        tables.append(table)
    return Catalog.of(tables)


def _referred(catalog: Catalog, table: Table) -> Iterator[tuple[str, Referred]]:
    for column in table.columns:
        end = _followed(catalog, table, column)
        if end is not None:
            parent, other = end
            yield (
                column.name,
                Referred(parent.name, other.name, other.declared_type, other.collation, other.default),
            )


def _followed(catalog: Catalog, table: Table, column: Column) -> tuple[Table, Column] | None:
    """The column at the end of a chain of references."""
    end: tuple[Table, Column] | None = None
    seen = {(folded(table.name), folded(column.name))}
    while True:
        step = next(_steps(catalog, table, column), None)
        if step is None or (folded(step[0].name), folded(step[1].name)) in seen:
            return end
        table, column = end = step
        seen.add((folded(table.name), folded(column.name)))


def _steps(catalog: Catalog, table: Table, column: Column) -> Iterator[tuple[Table, Column]]:
    """What a column refers to by each of the keys that it is part of."""
    for key in table.foreign_keys:
        parent = catalog.table(key.table)
        if parent is None or parent.kind != "table" or not key.references:
            continue
        unique = parent.unique_over(key.references)
        if unique is None or not unique.is_plain:
            continue
        for own, other in zip(key.columns, key.references, strict=False):
            found = parent.column(other)
            if folded(own) == folded(column.name) and found is not None:
                yield parent, found
