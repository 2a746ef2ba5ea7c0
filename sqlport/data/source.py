"""The SQLite side of a copy: one read-only snapshot, its fingerprint, and its rows as bytes for COPY."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlport.catalog.names import quoted
from sqlport.data.careful import Careful, Misfit, literal
from sqlport.data.encode import Row, TooLargeError, encoded, encoder
from sqlport.data.large import CAN_OPEN, LARGE, LargeRow, nothing_above, read_large
from sqlport.data.plan import Table, Value
from sqlport.data.policy import Policies
from sqlport.model import SqlportError

SIZE = 128 * 1024
"""Bytes of a batch: so few that the processor still has them at hand when they are sent."""

_FIRST = 20_000
"""Bytes of the first batch, which tells where NULLs are to be expected: they are slow where they are not."""

_SMALL = 1 << 16
"""Bytes of a value of which a few hundred may be held."""

_PATIENCE = 1 << 14
"""Batches that are taken row by row at most, before values are expected to be small again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open database in a read transaction: what other processes write later is not seen.

    https://www.sqlite.org/isolation.html
    """

    path: Path
    connection: sqlite3.Connection

    def version(self) -> tuple[object, ...]:
        """What changes when anybody else writes the file, by SQLite or past it.

        Ends the read transaction: within it nothing of others is seen.
        https://www.sqlite.org/pragma.html#pragma_data_version
        """
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")
        (number,) = self.connection.execute("PRAGMA data_version").fetchone()
        told = self.path.stat()
        self.connection.execute("BEGIN")
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (mode,) = self.connection.execute("PRAGMA journal_mode").fetchone()
        written = () if bytes(mode) == b"wal" else (told.st_size, told.st_mtime_ns)  # a checkpoint changes nothing
        return number, told.st_ino, *written

    def count(self, table: Table) -> int:
        """How many rows the table has."""
        (number,) = self.connection.execute(f"SELECT count(*) FROM {quoted(table.source)}").fetchone()
        return int(number)

    def row(self, table: Table, position: int) -> Row:
        """The row at a place in the table's order."""
        found: Row = self.connection.execute(table.select, (position,)).fetchone()
        return found


@dataclass(slots=True)
class Namer:
    """Names rows as a person finds them again: by their key, else by the rowid.

    It is asked for places that mostly grow, and goes on from the last one, since SQLite has to count the rows.
    """

    source: Snapshot
    table: Table
    _place: int = -1
    _rowid: int = 0

    def __call__(self, position: int, values: Sequence[Value]) -> str:
        pairs = zip(self.table.columns, values, strict=True)
        parts = {column.name: f"{column.source} = {literal(value)}" for column, value in pairs if value is not None}
        if self.table.key and all(name in parts for name in self.table.key):
            return ", ".join(parts[name] for name in self.table.key)
        if self.table.rowid:
            return f"rowid {self.rowid(position)}"
        return f"row {position + 1}"

    def rowid(self, position: int) -> int:
        """The rowid of the row at a place, of a table with one."""
        table, after = self.table, self._place if 0 <= self._place <= position else -1
        beyond = f" WHERE {table.rowid} > ?" if after >= 0 else ""
        start = (self._rowid,) if after >= 0 else ()
        if position != after or after < 0:
            (self._rowid,) = self.source.connection.execute(
                f"SELECT {table.rowid} FROM {quoted(table.source)}{beyond} ORDER BY {table.rowid} LIMIT 1 OFFSET ?",
                (*start, position - after - 1),
            ).fetchone()
            self._place = position
        return self._rowid


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as bytes for COPY, a rejected one without any; `first` is the place of the first in the table.

    A row whose values are not held is a batch of its own, `large`.
    """

    first: int
    rows: list[bytes]
    large: LargeRow | None = None

    @property
    def end(self) -> int:
        """The place behind the last row."""
        return self.first + len(self.rows) + (self.large is not None)


@contextmanager
def snapshot(path: str | Path) -> Iterator[Snapshot]:
    """Open a file for one reading. Text comes as bytearray, BLOBs as bytes. Raises SqlportError."""
    from sqlport.engines.sqlite import open_readonly

    file = Path(path)
    with closing(open_readonly(file)) as connection:
        connection.text_factory = bytearray
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise SqlportError(f"{file}: cannot be read: {error}") from None
        yield Snapshot(file, connection)


def state(path: Path) -> str:
    """What tells two states of a file apart without reading it: its header, sizes and times, also of a `-wal` file.

    The header counts changes (https://www.sqlite.org/fileformat.html#file_change_counter).
    """
    with path.open("rb") as stream:
        told = [stream.read(100).hex()]
    for each in (path, Path(f"{path}-wal")):
        if each.exists():
            found = each.stat()
            told.append(f"{found.st_ino} {found.st_size} {found.st_mtime_ns}")
    return " ".join(told)


def fingerprint(path: Path) -> str:
    """SHA-256 of the file, and of its `-wal` file behind it where that holds anything."""
    digest = hashlib.sha256()
    for each in (path, Path(f"{path}-wal")):
        if each.exists():
            with each.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()


def batches(
    source: Snapshot,
    table: Table,
    policies: Policies,
    tell: Callable[[Misfit], None],
    *,
    start: int = 0,
    size: int = SIZE,
    strict: bool = False,
    lenient: bool = False,
) -> Iterator[Batch]:
    """The rows from a place on. Raises MisfitError for a value whose policy is `fail`, SqlportError for a damaged file.

    `strict` and `lenient` as in `encoder` and `Careful`.
    """
    first = start
    judge = Careful(table, policies, Namer(source, table), tell, lenient)
    places = Namer(source, table)
    known: frozenset[int] = frozenset()
    encode = encoder(table, known, strict=strict)
    limit = _FIRST
    slow, patience = 0, 1  # so many batches are taken row by row, and will be behind the next value that is not small
    try:
        held = not table.rowid  # its large values cannot be read in pieces
        rows = _rows(source, table.select, start, held)
        while True:
            judge.first = first
            is_large, measured = False, held or slow > 0 or not CAN_OPEN
            try:
                with nullcontext() if held else nothing_above(source.connection, LARGE if measured else _SMALL):
                    made = encoded(encode, rows, judge.row, min(limit, size), measured=measured)
            except TooLargeError as found:
                made, is_large = found.made, True
            limit, slow = size, max(0, slow - 1)
            count = len(made)
            if made:
                yield Batch(first, made)  # whoever takes it may empty it
                first += count
            if is_large and not measured:
                slow, patience = patience, min(2 * patience, _PATIENCE)
                rows = _behind(source, table, places, first)
            elif is_large:
                row = read_large(source.connection, table, places.rowid(first), strict=strict)
                judge.first = first
                yield Batch(first, [], row) if row else Batch(first, [judge.row(source.row(table, first))])
                first += 1
                rows = _behind(source, table, places, first)
            elif not count:
                return
            if judge.nulls.keys() - known:
                known = frozenset(judge.nulls)
                encode = encoder(table, known, strict=strict)
    except sqlite3.Error as error:
        raise SqlportError(f"{source.path}: table {table.source} cannot be read: {error}") from None


def _behind(source: Snapshot, table: Table, places: Namer, first: int) -> Iterator[Row]:
    """The rows from a place on, found by the rowid of the row before."""
    if first == 0:
        return _rows(source, table.select, 0, held=False)
    return _rows(source, table.select_after, places.rowid(first - 1), held=False)


def _rows(source: Snapshot, query: str, parameter: int, held: bool) -> Iterator[Row]:
    """The rows of a query. sqlite3 reads one ahead, so the first may be refused here already, others one too early."""
    with nullcontext() if held else nothing_above(source.connection):
        try:
            return source.connection.execute(query, (parameter,))
        except sqlite3.DataError as error:
            return _refused(error)


def _refused(error: sqlite3.DataError) -> Iterator[Row]:
    raise error
    yield ()
