"""`data restore`: the rows of PostgreSQL in a new SQLite file with the original schema, also those added later."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlport.catalog import from_sqlite
from sqlport.catalog.names import quoted
from sqlport.data.backup import Original
from sqlport.data.cells import cells_of
from sqlport.data.decode import Stored, value_of
from sqlport.data.job import Event
from sqlport.data.match import with_existing
from sqlport.data.plan import Table
from sqlport.data.policy import Policies
from sqlport.data.source import snapshot
from sqlport.data.streams import of_postgres
from sqlport.data.target import tables_of
from sqlport.data.verify import TableVerdict, compare
from sqlport.engines.sqlite import new_file
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

_BEFORE: Final = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id")
_QUOTED: Final = ("encoding",)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `left` is what of PostgreSQL is not in the file, `notes` the rest that is worth a word."""

    tables: tuple[tuple[str, int], ...]
    verdicts: tuple[TableVerdict, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]


def restore(file: Path, original: Original, connection: psycopg.Connection[Any], schema: str, event: Event) -> Restored:
    """Write a new file; it appears when all is in it and compared. Raises SqlportError, and then it is not there."""
    if file.exists():
        raise SqlportError(f"{file}: is there already; name a file that is not, nothing is ever written over")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            restored = _written(unfinished, original, connection, schema, event)
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
    file: Path, original: Original, connection: psycopg.Connection[Any], schema: str, event: Event
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
        matched = with_existing(from_sqlite(made).catalog, tables_of(connection, schema))
        filled = []
        for table in matched.tables:
            event("table", {"table": table.source, "total": 0})
            filled.append((table.source, _fill(made, connection, schema, table)))
            event("rows", {"table": table.source, "rows": filled[-1][1], "bytes": 0})
        _define(made, original, ("index", "view", "trigger"), shadows)
        _number_on(made, original)
        made.execute("COMMIT")
        orphans = made.execute("PRAGMA foreign_key_check").fetchall()
        notes += [
            f"{table}: rowid {rowid} refers to a row of {parent} that is not there"
            for table, rowid, parent, _ in orphans[:20]
        ]
        if original.pragmas["journal_mode"] == "wal":
            made.execute("PRAGMA journal_mode = WAL")
    verdicts = []
    with snapshot(file) as source:
        for table in matched.tables:
            verdict = compare(source, connection, schema, table, Policies(), lambda misfit: None)
            if not verdict.same:
                raise SqlportError(
                    f"{verdict.differences[0]}: it does not come back from SQLite as it is in PostgreSQL"
                )
            verdicts.append(verdict)
    left = [each for each in matched.notes if "only in PostgreSQL" in each]
    notes += [each for each in matched.notes if each not in left]
    notes += [f"table {name} is not in PostgreSQL: it is empty here" for name in matched.absent]
    return Restored(tuple(filled), tuple(verdicts), tuple(left), tuple(notes))


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
    names = ", ".join(quoted(column.source) for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {quoted(table.source)} ({names}) VALUES ({marks})"
    count = 0
    for rows in of_postgres(connection, schema, table):
        try:
            made.executemany(insert, _values(table, rows))
        except sqlite3.IntegrityError as error:
            raise SqlportError(
                f"{table.source}: SQLite refuses a row that PostgreSQL has ({error}); change it there first"
            ) from None
        count += len(rows)
    return count


def _values(table: Table, rows: Sequence[bytes]) -> Iterator[list[Stored]]:
    wires = [column.wire for column in table.columns]
    for row in rows:
        values = [value_of(cell, wire) for cell, wire in zip(cells_of(row), wires, strict=True)]
        for column, value in zip(table.columns, values, strict=True):
            if isinstance(value, float) and math.isnan(value):
                raise SqlportError(f"{table.label(column)}: holds NaN, which SQLite cannot store; change it first")
        yield values


def _number_on(made: sqlite3.Connection, original: Original) -> None:
    """Let AUTOINCREMENT go on behind the largest id that was ever given."""
    for name, given in original.sequences.items():
        row = made.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
        if row is None:
            made.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, given))
        elif row[0] < given:
            made.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (given, name))
