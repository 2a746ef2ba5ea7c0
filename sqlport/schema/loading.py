"""A ported schema in two halves, for a load: tables that take rows fast, and all that comes behind the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlport.catalog.names import kept
from sqlport.catalog.types import column_choice
from sqlport.schema._keys import without
from sqlport.schema.fulltext import full_text
from sqlport.schema.port import Definition, NotPorted, PortedSchema
from sqlport.sql.ddl import read_create_table
from sqlport.sql.tokens import LexError, tokenize

if TYPE_CHECKING:
    from sqlport.catalog import Column, Table
    from sqlport.model import Target
    from sqlport.schema.port import Kind
    from sqlport.sql.definitions import Constraint, ConstraintKind, CreateTable

_KEYS: tuple[ConstraintKind, ...] = ("primary key", "unique")
_FOREIGN: tuple[ConstraintKind, ...] = ("references", "foreign key")
_INTEGERS = ("bigint", "integer", "smallint")


@dataclass(frozen=True, slots=True)
class LoadedColumn:
    """A column that takes values: `source` is its name in SQLite, `name` as PostgreSQL keeps it.

    `type` is PostgreSQL's type as the DDL writes it (`bigint`, `double precision`, `numeric(8,2)`), `declared`
    SQLite's; `identity` tells that PostgreSQL counts it where no value is given.
    """

    source: str
    name: str
    type: str
    declared: str
    not_null: bool
    identity: bool


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """A table and the columns that take values, in order; generated columns are not among them.

    `key` are the columns of its primary key, in SQLite's names.
    """

    source: str
    name: str
    columns: tuple[LoadedColumn, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """What to run `before` the rows, what `behind` them, and `sequences` at the very end.

    `before` are extensions and tables without any key; `behind` are primary and unique keys, indexes, foreign
    keys, views, functions and triggers, in an order that works. `tables` say which rows go where (parents
    first), `not_ported` what of the SQLite schema is nowhere here.
    """

    tables: tuple[LoadedTable, ...]
    before: tuple[Definition, ...]
    behind: tuple[Definition, ...]
    sequences: tuple[Definition, ...]
    not_ported: tuple[NotPorted, ...]


def loading(schema: PortedSchema) -> Loading:
    """Split a ported schema, best one that a server has confirmed (`sqlport.schema.drift.on_server`)."""
    before = schema.of_kind("extension", "collation", "helper")
    keys: list[Definition] = []
    foreign: list[Definition] = []
    tables: list[LoadedTable] = []
    for definition in schema.of_kind("table"):
        bare, moved = _parted(definition)
        before.append(bare)
        keys += (each for each in moved if each.kind == "key")
        foreign += (each for each in moved if each.kind == "foreign key")
        table = schema.catalog.table(definition.of)
        assert table is not None  # every table of a ported schema is one of its catalog
        text = full_text(table, schema.catalog) if table.kind == "virtual" else None
        table = text.table if text is not None else table
        tables.append(_loaded(table, schema.target))
    behind = [*keys, *schema.of_kind("index"), *foreign, *schema.of_kind("foreign key"), *schema.of_kind("view")]
    behind += schema.of_kind("function", "trigger")
    return Loading(
        tuple(tables), tuple(before), tuple(behind), tuple(schema.of_kind("sequence")), tuple(schema.not_ported)
    )


def _loaded(table: Table, target: Target) -> LoadedTable:
    columns = (_column(each, table, target) for each in table.columns if not each.generated and not each.hidden)
    return LoadedTable(table.name, kept(table.name), tuple(columns), table.primary_key)


def _column(column: Column, table: Table, target: Target) -> LoadedColumn:
    type_ = column_choice(column, table.name, target).type
    never_null = column.never_null or column.primary_key > 0
    identity = column.rowid_alias and type_ in _INTEGERS
    return LoadedColumn(column.name, kept(column.name), type_, column.declared_type, never_null, identity)


def _parted(definition: Definition) -> tuple[Definition, list[Definition]]:
    """A table without its keys, and the statements that add them."""
    text = definition.sql
    try:
        written = read_create_table(text, tokenize(text))
    except LexError:
        written = None
    if written is None:
        return definition, []
    table = f"ALTER TABLE {text[written.name.span.start : written.name.span.end]} ADD"
    moved, cut = [], []
    for constraint, clause in _cut(text, written):
        cut.append(constraint.span)
        kind: Kind = "foreign key" if constraint.kind in _FOREIGN else "key"
        name = constraint.name.text if constraint.name else ""
        moved.append(Definition(kind, name, definition.of, f"{table} {clause}", definition.original))
    return replace(definition, sql=without(text, written, cut)), moved


def _cut(text: str, written: CreateTable) -> Iterator[tuple[Constraint, str]]:
    """The keys of a table in the words of a table constraint."""
    for column in written.columns:
        for constraint in column.all(*_KEYS, *_FOREIGN):
            name = text[constraint.span.start : constraint.body.start]
            listed = f"({column.name.span.of(text)})"
            if constraint.references is not None:
                yield constraint, f"{name}FOREIGN KEY {listed} {constraint.references.span.of(text)}"
            else:
                yield constraint, f"{name}{constraint.kind.upper()} {listed}"
    for constraint in written.constraints:
        if constraint.kind in (*_KEYS, "exclude", *_FOREIGN):
            yield constraint, constraint.span.of(text)
