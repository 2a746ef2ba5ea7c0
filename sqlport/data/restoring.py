"""`data restore`: the rows of PostgreSQL in a new SQLite file with the original schema, also those added later."""

from __future__ import annotations

import math
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlport.catalog import from_sqlite
from sqlport.catalog.names import quoted
from sqlport.data import moments
from sqlport.data.backup import Original
from sqlport.data.cells import cells_of
from sqlport.data.compare import TableVerdict, compare
from sqlport.data.decode import Stored, value_of
from sqlport.data.job import Event
from sqlport.data.large import CAN_OPEN, LARGE, is_large, may_hold_large, opened
from sqlport.data.match import with_existing
from sqlport.data.plan import Column, Table, exact, in_schema
from sqlport.data.policy import Policies, Policy
from sqlport.data.source import snapshot
from sqlport.data.streams import copied_out, whole_of_postgres
from sqlport.data.target import tables_of
from sqlport.engines.sqlite import new_file
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

_BEFORE: Final = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id")
_QUOTED: Final = ("encoding",)
_SPECIAL: Final = ("interval", "uuid", "timestamp", "timestamptz")
_UUID_WITH_DASHES: Final = 36
_BACK: Final = Policies(
    given={
        "integer-in-interval": Policy("coerce", ("microseconds",)),
        "integer-in-text": Policy("coerce", ("text",)),  # a column of numbers with texts among them became text
        "real-in-text": Policy("coerce", ("text",)),
        "text-in-integer": Policy("coerce", ("number",)),  # a column of text that refers to numbers became one of them
        "text-in-real": Policy("coerce", ("number",)),
        "text-in-numeric": Policy("coerce", ("number",)),
    }
)
"""How values are compared that are written in another form."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `left` is what one side has and the file has not, `notes` the rest that is worth a word."""

    tables: tuple[tuple[str, int], ...]
    verdicts: tuple[TableVerdict, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]


def restore(
    file: Path,
    original: Original,
    connection: psycopg.Connection[Any],
    schema: str,
    event: Event,
    skipped: frozenset[str] = frozenset(),
) -> Restored:
    """Write a new file; it appears when all is in it and compared. Raises SqlportError, and then it is not there.

    `skipped` are tables and `table.column`s in folded names, which stay empty.
    """
    if file.exists():
        raise SqlportError(f"{file}: is there already; name a file that is not, nothing is ever written over")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            restored = _written(unfinished, original, connection, schema, event, skipped)
        _keep(unfinished, file)
    except sqlite3.Error as error:
        raise SqlportError(f"{file}: cannot be written: {error}") from None
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
    return restored


def _keep(unfinished: Path, file: Path) -> None:
    with unfinished.open("rb") as stream:
        os.fsync(stream.fileno())
    unfinished.rename(file)


def _written(
    file: Path,
    original: Original,
    connection: psycopg.Connection[Any],
    schema: str,
    event: Event,
    skipped: frozenset[str],
) -> Restored:
    notes: list[str] = []
    with closing(new_file(file)) as made:
        for name in _BEFORE:
            value = original.pragmas[name]
            made.execute(f"PRAGMA {name} = " + (f"'{value}'" if name in _QUOTED else str(int(value))))
        made.execute("PRAGMA synchronous = OFF")  # the whole file is synced once, at the end
        made.execute("BEGIN")
        shadows = _shadows(original)
        _define(made, original, ("table",), shadows)
        matched = with_existing(from_sqlite(made).catalog, tables_of(connection, schema), skipped)
        if matched.absent and not matched.tables:
            raise SqlportError(
                f"none of the {len(matched.absent)} tables of the original is in the schema {schema} of the database; "
                "name the one that has them by --schema"
            )
        filled = []
        tables = [_as_written(table, original) for table in matched.tables]
        for table in tables:
            event("table", {"table": table.source, "total": 0})
            filled.append((table.source, _fill(made, connection, schema, table)))
            event("rows", {"table": table.source, "rows": filled[-1][1], "bytes": 0})
        _define(made, original, ("index", "view", "trigger"), shadows)
        _number_on(made, original)
        made.execute("COMMIT")
        orphans = [each for table in tables for each in _orphans(made, table)]
        notes += [
            f"{table}: rowid {rowid} refers to a row of {parent} that is not there"
            for table, rowid, parent, _ in orphans[:20]
        ]
        if original.pragmas["journal_mode"] == "wal":
            made.execute("PRAGMA journal_mode = WAL")
    verdicts = []
    with snapshot(file) as source:
        for table in tables:
            verdict = compare(source, connection, schema, table, _BACK, lambda misfit: None)
            if not verdict.same:
                raise SqlportError(
                    f"{verdict.differences[0]}: it does not come back from SQLite as it is in PostgreSQL"
                )
            verdicts.append(verdict)
    left = [each for each in matched.notes if "only in PostgreSQL" in each]
    notes += [each for each in matched.notes if each not in left]
    left += [f"table {name} is not in PostgreSQL: it is empty here" for name in matched.absent]
    return Restored(tuple(filled), tuple(verdicts), tuple(left), tuple(notes))


def _orphans(made: sqlite3.Connection, table: Table) -> list[tuple[str, int, str, int]]:
    """https://www.sqlite.org/pragma.html#pragma_foreign_key_check"""
    try:
        return made.execute(f"PRAGMA foreign_key_check({quoted(table.source)})").fetchall()
    except sqlite3.OperationalError:  # the key refers to columns that are no key: SQLite cannot check it
        return []


def _shadows(original: Original) -> frozenset[str]:
    """Tables that come with a virtual one."""
    from sqlport.catalog.read import SHADOWS

    virtual = [name for _, name, sql in original.definitions if sql[:15].upper().startswith("CREATE VIRTUAL")]
    return frozenset(f"{name}_{suffix}" for name in virtual for suffix in SHADOWS)


def _define(connection: sqlite3.Connection, original: Original, kinds: Sequence[str], shadows: frozenset[str]) -> None:
    for kind, name, sql in original.definitions:
        if kind in kinds and name not in shadows:
            try:
                connection.execute(sql)
            except sqlite3.Error as error:
                raise SqlportError(f"the {kind} {name} of the original cannot be made again: {error}") from None


def _fill(made: sqlite3.Connection, connection: psycopg.Connection[Any], schema: str, table: Table) -> int:
    """Insert the rows of a table; how many there are."""
    if not table.columns:
        return 0
    conditions = [is_large(column) for column in table.columns if column.wire.kind == "bytea" and is_large(column)]
    in_pieces = CAN_OPEN and conditions and table.rowid and may_hold_large(connection, schema, table)
    any_large = " OR ".join(conditions) if in_pieces else ""
    count = 0
    for rows in whole_of_postgres(connection, schema, table, f"({any_large}) IS NOT TRUE" if any_large else ""):
        _insert(made, table, rows)
        count += len(rows)
    if any_large:
        for place in _places(connection, schema, table, any_large):
            _insert_large(made, connection, schema, table, place)
            count += 1
    return count


def _insert(made: sqlite3.Connection, table: Table, rows: Sequence[bytes], sizes: Sequence[int] = ()) -> int:
    """Insert rows; the rowid of the last. A value of so many bytes is left empty where its size is not 0."""
    names = ", ".join(quoted(column.source) for column in table.columns)
    marks = ", ".join(
        f"zeroblob({size} + coalesce(?, 0))" if size else "?" for size in sizes or [0] * len(table.columns)
    )
    insert = f"INSERT INTO {quoted(table.source)} ({names}) VALUES ({marks})"
    try:
        cursor = made.executemany(insert, _values(table, rows))
    except sqlite3.IntegrityError as error:
        raise SqlportError(
            f"{table.source}: SQLite refuses a row that PostgreSQL has ({error}); change it there first"
        ) from None
    (rowid,) = cursor.execute("SELECT last_insert_rowid()").fetchone()
    return int(rowid)


def _places(connection: psycopg.Connection[Any], schema: str, table: Table, condition: str) -> list[str]:
    """The conditions that name each of the rows; within a transaction they stay where they are.

    https://www.postgresql.org/docs/current/ddl-system-columns.html
    """
    query = f"SELECT tableoid::oid::text, ctid::text FROM {in_schema(schema, table.name)} WHERE {condition}"
    rows = connection.execute(query.encode()).fetchall()
    return [f"tableoid = {int(oid)} AND ctid = '{place}'" for oid, place in rows]


def _insert_large(
    made: sqlite3.Connection, connection: psycopg.Connection[Any], schema: str, table: Table, place: str
) -> None:
    """Insert a row whose large BLOBs come and go in pieces."""
    source = f"{in_schema(schema, table.name)} WHERE {place}"
    bytea = {number for number, column in enumerate(table.columns) if column.wire.kind == "bytea"}
    asked = [f"octet_length({exact(column.name)})" if n in bytea else "0" for n, column in enumerate(table.columns)]
    row = connection.execute(f"SELECT {', '.join(asked)} FROM {source}".encode()).fetchone()
    assert row is not None  # it is the row at a place that was just found
    sizes = [size if (size or 0) > LARGE else 0 for size in row]
    held = ", ".join(
        f"NULL::bytea AS {exact(column.name)}" if size else exact(column.name)
        for column, size in zip(table.columns, sizes, strict=True)
    )
    (rows,) = copied_out(connection, f"COPY (SELECT {held} FROM {source}) TO STDOUT (FORMAT binary)")
    rowid = _insert(made, table, rows, sizes)
    for column, size in zip(table.columns, sizes, strict=True):
        if not size:
            continue
        with opened(made, table, column, rowid, readonly=False) as blob, connection.cursor(binary=True) as cursor:
            for at in range(1, size + 1, LARGE):
                query = f"SELECT substring({exact(column.name)} FROM {at} FOR {LARGE}) FROM {source}"
                piece = cursor.execute(query.encode()).fetchone()
                assert piece is not None
                blob.write(piece[0])


def _values(table: Table, rows: Sequence[bytes]) -> Iterator[list[Stored]]:
    wires = [column.wire for column in table.columns]
    special = [place for place, wire in enumerate(wires) if wire.kind in _SPECIAL]
    for row in rows:
        cells = cells_of(row)
        values = [value_of(cell, wire) for cell, wire in zip(cells, wires, strict=True)]
        for place in special:
            values[place] = _as_declared(cells[place], values[place], table.columns[place])
        for column, value in zip(table.columns, values, strict=True):
            if isinstance(value, float) and math.isnan(value):
                raise SqlportError(f"{table.label(column)}: holds NaN, which SQLite cannot store; change it first")
        yield values


def _as_written(table: Table, original: Original) -> Table:
    """The table with what is known about how programs write its values."""
    columns = (replace(column, form=original.moments.get(table.label(column), "")) for column in table.columns)
    return replace(table, columns=tuple(columns))


def _as_declared(cell: bytes | None, value: Stored, column: Column) -> Stored:
    """The value as programs keep it in such a column: an ORM has UUIDs in char(32), intervals in a bigint."""
    if cell is None:
        return None
    if column.wire.kind == "uuid":
        size = re.search(r"\((\d+)\)", column.declared)
        return str(value).replace("-", "") if size and int(size[1]) < _UUID_WITH_DASHES else value
    if column.wire.kind == "interval":
        return moments.of_interval(cell) if column.affinity == "INTEGER" else value
    return moments.formed(str(value), column.form) if column.form else value


def _number_on(made: sqlite3.Connection, original: Original) -> None:
    """Let AUTOINCREMENT go on behind the largest id that was ever given."""
    for name, given in original.sequences.items():
        row = made.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
        if row is None:
            made.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, given))
        elif row[0] < given:
            made.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (given, name))
