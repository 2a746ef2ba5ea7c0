"""Catalogs from definitions found in code, and from SQLite files: in both cases SQLite itself reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlport.catalog.names import folded
from sqlport.catalog.read import SchemaReader
from sqlport.catalog.references import with_referred
from sqlport.catalog.scratch import Failure, Scratch, is_definition
from sqlport.catalog.tables import Catalog, Table


@dataclass(frozen=True, slots=True)
class CatalogResult:
    """The tables that stand at the end, and all that did not go in.

    `known` are these and the tables that a statement dropped and none made again (a downgrade or a test's clean-up
    looks like that), in the order in which they were first made. `assumed` names the functions and collations of the
    application that the definitions call; SQLite was given stand-ins for them.
    """

    catalog: Catalog
    failures: tuple[Failure, ...] = ()
    known: Catalog = field(default_factory=Catalog)
    assumed: tuple[str, ...] = ()


def from_statements(ddl: Iterable[tuple[str, str]]) -> CatalogResult:
    """The catalog that these statements make, in order; each is `(label, sql)`, the label a place for people.

    Only CREATE, ALTER and DROP of tables, indexes, views and triggers are run; others are passed over. What
    needs a table that comes later in the order is tried again at the end, except DROP. Of two different
    definitions of a table the first counts. Nothing raises for what a statement says.
    """
    from sqlport.sql.split import split

    scratch = Scratch()
    try:
        for label, text in ddl:
            for piece in split(text):
                sql = piece.span.of(text)
                if not piece.dot_command and is_definition(sql):
                    scratch.apply(label, sql)
        scratch.finish()
        return _result(scratch)
    finally:
        scratch.close()


def from_sqlite(connection: sqlite3.Connection, label: str = "") -> CatalogResult:
    """The catalog of an open database, whose schema is copied into a scratch database and read there.

    The connection is only read, and only its `sqlite_schema`. Raises sqlite3.Error where that cannot be read.
    """
    factory = connection.text_factory
    connection.text_factory = bytes  # UTF-8 of a database in UTF-16, too, and what is no UTF-8 as it is
    try:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            " ORDER BY type <> 'table', sql NOT LIKE 'CREATE VIRTUAL%', type <> 'index', type <> 'view', rowid"
        ).fetchall()
    finally:
        connection.text_factory = factory
    scratch = Scratch()
    try:
        for raw_kind, raw_name, raw_sql in rows:
            kind = raw_kind.decode()
            try:
                name, sql = raw_name.decode(), raw_sql.decode()
            except UnicodeDecodeError:
                shown = raw_sql.decode("utf-8", "backslashreplace")
                reason = f"the {kind}'s definition is not valid UTF-8"
                scratch.failures.append(Failure(label, shown, reason, "other"))
                continue
            if not folded(name).startswith("sqlite_"):
                scratch.copy(label, name, sql)
        scratch.finish()
        return _result(scratch)
    finally:
        scratch.close()


def _result(scratch: Scratch) -> CatalogResult:
    tables: list[Table] = []
    failures = list(scratch.failures)
    reader = SchemaReader(scratch.connection, scratch.dropped_triggers.values())
    for schema, kind, name in reader.names():
        label = scratch.labels.get(folded(name), "")
        try:
            tables.append(reader.read(schema, kind, name, label))
        except sqlite3.Error as error:
            sql = reader.definition(schema, kind, name)
            failures.append(Failure(label, sql, f"the {kind} {name} cannot be read: {error}", "missing"))
    # A temporary table hides one of the same name only from the connection that made it.
    catalog = with_referred(Catalog.of(sorted(tables, key=lambda table: not table.temporary)))
    dropped = Catalog.of(table for table in scratch.dropped.values() if table.name not in catalog)
    order = {name: number for number, name in enumerate(scratch.made)}
    known = sorted(dropped.overlaid(catalog), key=lambda table: order.get(folded(table.name), len(order)))
    return CatalogResult(catalog, tuple(failures), Catalog.of(known), tuple(sorted(scratch.assumed)))
