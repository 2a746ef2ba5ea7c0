"""A table of a SQLite database as a value, read from the PRAGMAs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from sqlport.catalog.affinity import affinity
from sqlport.catalog.names import folded, quoted
from sqlport.catalog.tables import (
    Column,
    ForeignKey,
    Index,
    IndexTerm,
    KeyOrigin,
    Table,
    TableKind,
    Trigger,
    UniqueKey,
)
from sqlport.sql.ddl import read_create_index, read_create_table
from sqlport.sql.definitions import Constraint, CreateTable
from sqlport.sql.tokens import LexError, tokenize

_ORIGINS: Mapping[str, KeyOrigin] = {"pk": "pk", "u": "unique", "c": "index"}
_PROBE = "sqlport collation probe"
_SCHEMAS = {
    "main": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid",
    "temp": "SELECT type, name, tbl_name, sql FROM sqlite_temp_master ORDER BY rowid",
}


class _Row(NamedTuple):
    """A row of PRAGMA table_xinfo: `hidden` is 1 of a virtual table, 2 and 3 generated (virtual, stored)."""

    cid: int
    name: str
    declared_type: str
    not_null: int
    default: str | None
    primary_key: int
    hidden: int


class SchemaReader:
    """Reads tables of a scratch database as it is now; make a new one after a change."""

    def __init__(self, connection: sqlite3.Connection, dropped_triggers: Iterable[tuple[str, Trigger]] = ()) -> None:
        self._connection = connection
        self._definitions: dict[tuple[str, str, str], str] = {}
        self._triggers: dict[str, list[Trigger]] = {}
        for schema, query in _SCHEMAS.items():
            for kind, name, table, sql in connection.execute(query):
                self._definitions[schema, kind, name] = sql
                if kind == "trigger":
                    self._triggers.setdefault(folded(table), []).append(Trigger(name, sql))
        for table, trigger in dropped_triggers:
            self._triggers.setdefault(table, []).append(trigger)

    def names(self) -> list[tuple[str, str, str]]:
        """Schema, type and name of all tables and views that a person made, in the order of their making."""
        shadows = shadow_tables(self._connection)
        return [
            (schema, kind, name)
            for schema, kind, name in self._definitions
            if kind in ("table", "view") and not folded(name).startswith("sqlite_") and folded(name) not in shadows
        ]

    def definition(self, schema: str, kind: str, name: str) -> str:
        """The SQL that SQLite keeps, empty for what has none (the index of a constraint)."""
        return self._definitions.get((schema, kind, name)) or ""

    def read(self, schema: str, kind: str, name: str, label: str = "") -> Table:
        """The table or view `name`, as written in `sqlite_schema`.

        An index is made and dropped to learn the collations, which no PRAGMA tells. Raises sqlite3.Error for
        a view that refers to what does not exist. https://www.sqlite.org/pragma.html#pragma_table_xinfo
        """
        sql = self.definition(schema, kind, name)
        found = self._connection.execute("SELECT * FROM pragma_table_xinfo(?, ?)", (name, schema)).fetchall()
        rows = [_Row(*row) for row in found]
        temporary = schema == "temp"
        triggers = tuple(self._triggers.get(folded(name), ()))
        if kind == "view" or sql[:15].upper().startswith("CREATE VIRTUAL"):
            other: TableKind = "view" if kind == "view" else "virtual"
            folding = self._folding_columns(schema, name, rows) if kind == "view" else frozenset()
            return Table(
                name,
                _bare_columns(rows, folding),
                triggers=triggers,
                kind=other,
                sql=sql,
                label=label,
                temporary=temporary,
            )
        written = _created(sql)
        indexes = self._indexes(schema, name)
        alias = _rowid_alias(rows, indexes)
        collations = _collations(self._connection, schema, name, rows, written) if "COLLATE" in sql.upper() else {}
        columns = _columns(rows, alias, collations, written)
        keyed = sorted((each for each in columns if each.primary_key), key=lambda each: each.primary_key)
        checks = (each.expression for each in _constraints(written, "check"))
        return Table(
            name,
            columns,
            primary_key=tuple(column.name for column in keyed),
            unique=_unique_keys(indexes, alias),
            indexes=indexes,
            foreign_keys=_foreign_keys(self._connection, schema, name, written),
            checks=tuple(check.of(sql) for check in checks if check),
            triggers=triggers,
            without_rowid=written is not None and written.without_rowid is not None,
            strict=written is not None and written.strict is not None,
            temporary=temporary,
            sql=sql,
            label=label,
        )

    def _folding_columns(self, schema: str, view: str, rows: Sequence[_Row]) -> frozenset[str]:
        """The columns of a view that compare by NOCASE, as those do that they are: only SQLite's program tells.

        https://www.sqlite.org/lang_explain.html
        """
        if not any("NOCASE" in (sql or "").upper() for sql in self._definitions.values()):
            return frozenset()

        def mentions(value: str) -> int:
            program = self._connection.execute(f"EXPLAIN SELECT {value} = 'a' FROM {quoted(schema)}.{quoted(view)}")
            return sum(str(step[5]).startswith("NOCASE") for step in program)

        return frozenset(
            row.name for row in rows if mentions(quoted(row.name)) > mentions(f"{quoted(row.name)} COLLATE BINARY")
        )

    def _indexes(self, schema: str, table: str) -> tuple[Index, ...]:
        """In the order of their making; PRAGMA index_list gives the latest first."""
        listed = self._connection.execute(
            'SELECT name, "unique", origin FROM pragma_index_list(?, ?) ORDER BY seq DESC', (table, schema)
        ).fetchall()
        return tuple(
            _index(self._connection, schema, Index(name, bool(unique), (), None, _ORIGINS[origin], sql or None))
            for name, unique, origin in listed
            for sql in [self.definition(schema, "index", name)]
        )


def _bare_columns(rows: Sequence[_Row], folding: Set[str]) -> tuple[Column, ...]:
    return tuple(
        Column(
            row.name,
            row.declared_type,
            affinity(row.declared_type),
            default=row.default,
            collation="NOCASE" if row.name in folding else "BINARY",
            hidden=row.hidden == 1,
        )
        for row in rows
    )


def _columns(
    rows: Sequence[_Row], alias: str | None, collations: Mapping[str, str], written: CreateTable | None
) -> tuple[Column, ...]:
    strict = written is not None and written.strict is not None
    autoincrement = any(each.autoincrement for each in _constraints(written, "primary key"))
    return tuple(
        Column(
            row.name,
            row.declared_type,
            affinity(row.declared_type, strict=strict),
            bool(row.not_null),
            row.default,
            collations.get(row.name, "BINARY"),
            row.primary_key,
            row.name == alias,
            row.name == alias and autoincrement,
            "virtual" if row.hidden == 2 else "stored" if row.hidden == 3 else "",
        )
        for row in rows
    )


def _created(sql: str) -> CreateTable | None:
    """The definition read from its words, for what no PRAGMA tells: AUTOINCREMENT, CHECK, names, options."""
    try:
        return read_create_table(sql, tokenize(sql))
    except LexError:
        return None


def _constraints(written: CreateTable | None, *kinds: str) -> list[Constraint]:
    """The constraints of these kinds in the order of the text."""
    if written is None:
        return []
    of_columns = [each for column in written.columns for each in column.constraints]
    return [each for each in (*of_columns, *written.constraints) if each.kind in kinds]


def _rowid_alias(rows: Sequence[_Row], indexes: Sequence[Index]) -> str | None:
    """The INTEGER PRIMARY KEY: the one primary key that SQLite keeps no index for."""
    keyed = [row.name for row in rows if row.primary_key]
    if len(keyed) != 1 or any(index.origin == "pk" for index in indexes):
        return None
    return keyed[0]


def _index(connection: sqlite3.Connection, schema: str, index: Index) -> Index:
    """The index with its terms and its condition."""
    written = read_create_index(index.sql, tokenize(index.sql)) if index.sql else None
    rows = connection.execute(
        'SELECT cid, name, "desc", coll FROM pragma_index_xinfo(?, ?) WHERE "key" ORDER BY seqno',
        (index.name, schema),
    ).fetchall()
    terms = []
    for place, (cid, column, descending, collation) in enumerate(rows):
        expression = written.terms[place].expression.of(index.sql) if written and index.sql and cid == -2 else ""
        named = column if cid >= 0 else "rowid" if cid == -1 else None
        terms.append(IndexTerm(named, expression, collation.upper(), bool(descending)))
    predicate = written.where.of(index.sql) if written and written.where and index.sql else None
    return replace(index, terms=tuple(terms), predicate=predicate)


def _unique_keys(indexes: Sequence[Index], alias: str | None) -> tuple[UniqueKey, ...]:
    of_rowid = [UniqueKey((alias,), ("BINARY",), "pk")] if alias else []
    of_indexes = [
        UniqueKey(
            tuple(term.column or "" for term in index.terms),
            tuple(term.collation for term in index.terms),
            index.origin,
            index.predicate,
            any(term.column is None for term in index.terms),
            index.name,
        )
        for index in indexes
        if index.unique
    ]
    return (*of_rowid, *of_indexes)


def _collations(
    connection: sqlite3.Connection,
    schema: str,
    table: str,
    rows: Sequence[_Row],
    written: CreateTable | None,
) -> dict[str, str]:
    """Each column's collation: that of an index over it. Generated columns may refuse one, so they are read."""
    collations: dict[str, str] = {}
    plain = [row.name for row in rows if not row.hidden]
    names = ", ".join(map(quoted, plain))
    connection.execute(f"CREATE INDEX {schema}.{quoted(_PROBE)} ON {quoted(table)} ({names})")
    try:
        for name, collation in connection.execute(
            'SELECT name, coll FROM pragma_index_xinfo(?, ?) WHERE "key"', (_PROBE, schema)
        ):
            collations[name] = collation.upper()
    finally:
        connection.execute(f"DROP INDEX {schema}.{quoted(_PROBE)}")
    for row in rows:
        column = written.column(row.name) if written and row.hidden else None
        for constraint in column.all("collate") if column else ():
            if constraint.collation:
                collations[row.name] = constraint.collation.text.upper()
    return collations


def _foreign_keys(
    connection: sqlite3.Connection, schema: str, table: str, written: CreateTable | None
) -> tuple[ForeignKey, ...]:
    """In the order of the text; PRAGMA foreign_key_list gives the last first."""
    listed = connection.execute(
        'SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?, ?)'
        " ORDER BY id DESC, seq",
        (table, schema),
    ).fetchall()
    keys: dict[int, list[tuple[str, ...]]] = {}
    for row in listed:
        keys.setdefault(row[0], []).append(row[1:])
    clauses = _constraints(written, "references", "foreign key")
    same = len(clauses) == len(keys)
    found = []
    for place, parts in enumerate(keys.values()):
        parent, _, first, on_update, on_delete = parts[0]
        columns = tuple(part[1] for part in parts)
        named = tuple(part[2] for part in parts)
        references = _primary_key(connection, schema, parent) if first is None else named
        clause = clauses[place] if same else None
        match = clause.references.match if clause and clause.references else None
        deferrable = clause.references.deferrable if clause and clause.references else None
        found.append(
            ForeignKey(
                columns,
                parent,
                references if len(references) == len(columns) else (),
                on_delete,
                on_update,
                match.value if match else "",
                deferrable.value if deferrable else "",
                clause.name.text if clause and clause.name else "",
            )
        )
    return tuple(found)


def _primary_key(connection: sqlite3.Connection, schema: str, table: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT name FROM pragma_table_info(?, ?) WHERE pk ORDER BY pk", (table, schema)
    ).fetchall()
    return tuple(name for (name,) in rows)


SHADOWS = "data idx content docsize config segments segdir stat node parent rowid vocab".split()


def shadow_tables(connection: sqlite3.Connection) -> frozenset[str]:
    """Tables that belong to virtual tables (https://www.sqlite.org/vtab.html#xshadowname), by their names.

    PRAGMA table_list tells them too, but only from SQLite 3.37 on and only where the module is there.
    """
    virtual = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    return frozenset(folded(f"{name}_{suffix}") for (name,) in virtual for suffix in SHADOWS)
