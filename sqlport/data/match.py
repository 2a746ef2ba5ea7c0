"""Tables of SQLite matched with those of PostgreSQL: made by our own port, or there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlport.catalog.names import folded, kept, quoted
from sqlport.catalog.tables import ROWID_NAMES
from sqlport.data.plan import Column, Table
from sqlport.data.wire import required, wire
from sqlport.model import SqlportError

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.catalog import Table as SqliteTable
    from sqlport.data.target import TargetTable
    from sqlport.schema import Loading


@dataclass(frozen=True, slots=True)
class Matched:
    """The tables to copy, parents first, and in words what has no counterpart.

    `absent` are tables of SQLite that PostgreSQL does not have, `wanting` columns of PostgreSQL without which it takes
    no row (by table of SQLite), and `notes` the rest of what is not copied.
    """

    tables: tuple[Table, ...]
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wanting: Mapping[str, str] = field(default_factory=dict)


def from_port(parts: Loading, catalog: Catalog, skipped: frozenset[str] = frozenset()) -> Matched:
    """The tables of a ported schema. Raises SqlportError for a type that rows cannot be written to."""
    tables = []
    originals = {table.name: table for table in _with_rows(catalog)}
    for loaded in parts.tables:
        original = originals.get(loaded.source)
        if original is None or folded(loaded.source) in skipped:
            continue
        columns = []
        for each in loaded.columns:
            label = f"{loaded.source}.{each.source}"
            if folded(label) in skipped:
                continue
            column = original.column(each.source)
            affinity = column.affinity if column else "BLOB"
            columns.append(
                Column(each.source, each.name, required(each.type, label), affinity, each.not_null, each.identity)
            )
        key = tuple(kept(name) for name in loaded.key)
        tables.append(ordered(Table(loaded.source, loaded.name, tuple(columns), key), original))
    return Matched(tuple(tables), notes=tuple(_not_copied(catalog, skipped)))


def with_existing(catalog: Catalog, there: Mapping[str, TargetTable], skipped: frozenset[str] = frozenset()) -> Matched:
    """Tables and columns that both sides have, by name. Raises SqlportError as above."""
    from sqlport.schema.port import in_key_order

    tables: list[Table] = []
    absent: list[str] = []
    wanting: dict[str, str] = {}
    notes = list(_not_copied(catalog, skipped))
    for original in in_key_order(list(_with_rows(catalog))):
        if folded(original.name) in skipped:
            continue
        target = _named(there, original.name)
        if target is None:
            absent.append(original.name)
            continue
        columns, more = _common(original, target, skipped)
        notes += more
        must = [each.name for each in target.columns if each.must and each.name not in {one.name for one in columns}]
        if must:
            wanting[original.name] = ", ".join(must)
        tables.append(ordered(Table(original.name, target.name, tuple(columns), target.key), original))
    known = {table.name for table in tables}
    notes += [
        f"table {name} is only in PostgreSQL: left as it is"
        for name, table in there.items()
        if name not in known and not table.partition
    ]
    return Matched(tuple(tables), tuple(absent), tuple(notes), wanting)


def wants(matched: Matched, table: str) -> str:
    """Why no row of the table can be copied."""
    return (
        f"{table}: {matched.wanting[table]} is only in PostgreSQL, takes no NULL and has no default: give it one "
        f"(ALTER TABLE ... ALTER COLUMN ... SET DEFAULT ...), or leave the table out by --skip {table}"
    )


def _named(there: Mapping[str, TargetTable], name: str) -> TargetTable | None:
    """The table of this name: in the same letters (an ORM quotes), else folded."""
    return there.get(name) or there.get(kept(name))


def _common(original: SqliteTable, target: TargetTable, skipped: frozenset[str]) -> tuple[list[Column], list[str]]:
    columns: list[Column] = []
    notes: list[str] = []
    unwritten: list[str] = []
    passed: set[str] = set()
    for column in original.columns:
        label = f"{original.name}.{column.name}"
        if column.generated or column.hidden:
            continue
        found = target.column(column.name) or target.column(kept(column.name))
        if folded(label) in skipped:
            passed |= {found.name} if found else set()
            notes.append(f"column {label} is left out, as asked")
            continue
        if found is None:
            notes.append(f"column {label} is only in SQLite: its values are not copied")
        elif found.generated:
            notes.append(f"column {label} is generated in PostgreSQL: its values are not copied")
        elif (written := wire(found.type)) is None:
            unwritten.append(f"{label} ({found.type})")
        else:
            columns.append(
                Column(
                    column.name,
                    found.name,
                    replace(written, labels=found.labels),
                    column.affinity,
                    found.not_null,
                    found.identity or bool(found.sequence),
                    column.declared_type,
                )
            )
    if unwritten:
        raise SqlportError(
            f"rows cannot be written to the types of {', '.join(unwritten)}; leave them out: "
            + " ".join(f"--skip {each.partition(' (')[0]}" for each in unwritten)
        )
    taken = {column.name for column in columns}
    notes += [
        f"column {target.name}.{each.name} is only in PostgreSQL: it gets its default"
        for each in target.columns
        if each.name not in taken | passed and not each.generated and not each.must
    ]
    return columns, notes


def _with_rows(catalog: Catalog) -> Iterator[SqliteTable]:
    """The tables whose rows are copied; one for full text search, which keeps its text, is seen as a table."""
    from sqlport.schema.fulltext import full_text

    for table in catalog:
        text = full_text(table, catalog) if table.kind == "virtual" else None
        if text is not None and not text.external and not text.reason and not table.temporary:
            yield text.table
        elif table.kind == "table" and not table.temporary:
            yield table


def _not_copied(catalog: Catalog, skipped: frozenset[str]) -> Iterator[str]:
    copied = {table.name for table in _with_rows(catalog)}
    for table in catalog:
        if folded(table.name) in skipped:
            yield f"table {table.name} is left out, as asked"
        elif table.kind == "virtual" and table.name not in copied:
            yield f"virtual table {table.name} and its shadow tables are not copied: PostgreSQL has none"


def ordered(table: Table, original: SqliteTable) -> Table:
    """The table with the order in which SQLite keeps its rows, so that a place in it always means the same row."""
    if original.without_rowid:
        return replace(table, order=", ".join(map(quoted, original.primary_key)))
    own = {folded(column.name) for column in original.columns}
    free = sorted(ROWID_NAMES - own, reverse=True)
    if free:
        return replace(table, order=free[0], rowid=free[0])
    alias = original.rowid_column
    return replace(table, order=quoted(alias.name) if alias else "")
