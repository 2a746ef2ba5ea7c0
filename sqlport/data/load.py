"""Batches of rows into PostgreSQL tables, each with its place in the same transaction, so none is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlport.data.careful import Careful, Misfit
from sqlport.data.large import compared
from sqlport.data.plan import Table, exact, in_schema
from sqlport.data.policy import Policies
from sqlport.data.source import SIZE, Batch, Namer, Snapshot, batches
from sqlport.data.wire import SIGNATURE, TRAILER
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

COMMITTED: Final = 8_000_000
"""Bytes that are committed at once."""

_SLICE: Final = 256 * 1024
_LARGE: Final = 1 << 20
_FEWEST: Final = 64
_LINE: Final = re.compile(r"COPY .*, line (\d+)(?:, column (.*))?")
_TEXT_KINDS: Final = ("nul-in-text", "invalid-utf8", "too-long", "text-in-json")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What has arrived in a table: rows, their bytes, and the sum of their hashes.

    Hashes are those of this process: `checksum` is None where another one began.
    """

    rows: int = 0
    sent: int = 0
    checksum: int | None = 0

    def plus(self, rows: Sequence[bytes]) -> Loaded:
        """With these rows; those without bytes are rejected ones."""
        arrived = sum(1 for row in rows if row) if b"" in rows else len(rows)
        checksum = None if self.checksum is None else self.checksum + sum(map(hash, rows))
        return Loaded(self.rows + arrived, self.sent + sum(map(len, rows)), checksum)


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads tables of a snapshot into a schema.

    About `size` bytes are one COPY in a transaction (where all is one: a savepoint), in which `tell` is told of each
    misfit and `note` of how far the table is.
    """

    connection: psycopg.Connection[Any]
    source: Snapshot
    schema: str
    policies: Policies
    tell: Callable[[Misfit], None]
    note: Callable[[Table, int, Loaded], None]
    size: int = COMMITTED

    def load(self, table: Table, total: int, start: int = 0, loaded: Loaded | None = None) -> Loaded:
        """Copy the rows from a place on, until `total` have been read.

        Raises MisfitError, and SqlportError when the server goes away or SQLite gives another number of rows.
        """
        import psycopg

        end, loaded = start, loaded or Loaded()
        while True:
            try:
                for done in self._streamed(table, end, loaded):
                    end, loaded = done
                break
            except (psycopg.DataError, psycopg.IntegrityError) as refused:
                end, loaded = self._piecewise(table, end, loaded, refused)
        if end != total:
            raise SqlportError(
                f"{self.source.path}: table {table.source} has {total} rows, but {end} could be read; "
                "look at it with SQLite's PRAGMA integrity_check"
            )
        return loaded

    def _streamed(self, table: Table, start: int, loaded: Loaded) -> Iterator[tuple[int, Loaded]]:
        """Copy the rows from a place on; after each transaction the place behind them, and what has arrived."""
        told: list[Misfit] = []
        rest = self._batches(table, start, told.append)
        for first in rest:
            with self.connection.transaction():
                end, loaded = self._sent(table, chain((first,), rest), loaded)
                for misfit in told:
                    self.tell(misfit)
                self.note(table, end, loaded)
            told.clear()
            yield end, loaded

    def _batches(self, table: Table, start: int, tell: Callable[[Misfit], None]) -> Iterator[Batch]:
        size, strict = min(self.size, SIZE), looks_at_text(table, self.policies)
        return batches(self.source, table, self.policies, tell, start=start, size=size, strict=strict)

    def _sent(self, table: Table, rest: Iterator[Batch], loaded: Loaded) -> tuple[int, Loaded]:
        """Send batches, as many as are committed at once; the place behind them, and what has arrived."""
        sent = end = 0
        with self.connection.cursor() as cursor, cursor.copy(_command(self.schema, table)) as copy:
            copy.write(SIGNATURE)
            for batch in rest:
                rows = batch.rows
                if batch.large is not None:
                    with _blocking(self.connection):
                        rows = [batch.large.send(copy.write)]
                size = sum(map(len, batch.rows))
                if size:
                    _write(self.connection, copy, rows, size)
                loaded, end, sent = loaded.plus(compared(rows, table)), batch.end, sent + size
                batch.rows.clear()
                if sent >= self.size or batch.large is not None:
                    break
            copy.write(TRAILER)
        return end, loaded

    def _piecewise(self, table: Table, start: int, loaded: Loaded, refused: psycopg.Error) -> tuple[int, Loaded]:
        """Send the rows of a transaction that the server has refused again, in smaller parts, that row judged."""
        with self.connection.transaction():
            judge = Careful(table, self.policies, Namer(self.source, table), self.tell)
            rows: list[bytes] = []
            sent = 0
            for batch in self._batches(table, start, self.tell):
                rows += batch.rows
                sent += sum(map(len, batch.rows))
                if batch.large is not None:
                    judge.first = batch.first
                    rows.append(judge.row(self.source.row(table, batch.first)))
                if sent >= self.size or batch.large is not None:
                    break
            self._in_parts(table, start, rows, refused)
            loaded = loaded.plus(compared(rows, table))
            self.note(table, start + len(rows), loaded)
        return start + len(rows), loaded

    def _in_parts(self, table: Table, start: int, rows: list[bytes], error: psycopg.Error) -> None:
        """Send rows; those that the server refuses are replaced as they are judged."""
        import psycopg

        at, width = 0, len(rows)
        refused: psycopg.Error | None = error
        while at < len(rows):
            if refused is not None:
                bad = _place(refused, rows[at : at + width])
                rows[at + bad] = self._judged(table, start + at + bad, refused, rows[at + bad])
                width = max(_FEWEST, bad + 1)
            try:
                with self.connection.transaction():
                    self._send(table, rows[at : at + width])
            except (psycopg.DataError, psycopg.IntegrityError) as again:
                refused = again
                continue
            refused = None
            at, width = at + width, width * 2

    def _send(self, table: Table, rows: Sequence[bytes]) -> None:
        with self.connection.cursor() as cursor, cursor.copy(_command(self.schema, table)) as copy:
            copy.write(SIGNATURE)
            _write(self.connection, copy, rows, sum(map(len, rows)))
            copy.write(TRAILER)

    def _judged(self, table: Table, position: int, error: psycopg.Error, sent: bytes) -> bytes:
        """The row after its policies, none when it is rejected. Raises MisfitError."""
        values = self.source.row(table, position)
        judge = Careful(table, self.policies, Namer(self.source, table), self.tell, first=position)
        made = judge.row(values)
        if made != sent:
            return made
        kind = "null" if error.sqlstate == "23502" else "duplicate" if error.sqlstate == "23505" else "refused"
        column = error.diag.column_name or ""
        judge.refused(values, position, kind, column, error.diag.message_primary or str(error).strip())
        return b""


def looks_at_text(table: Table, policies: Policies) -> bool:
    """Whether a text that the server would refuse has another policy than to fail."""
    return any(
        policies.changes(table.source, column.source, _TEXT_KINDS)
        for column in table.columns
        if column.wire.kind in ("text", "json", "jsonb")
    )


def _command(schema: str, table: Table) -> bytes:
    names = ", ".join(exact(column.name) for column in table.columns)
    return f"COPY {in_schema(schema, table.name)} ({names}) FROM STDIN (FORMAT binary)".encode()


def _write(connection: psycopg.Connection[Any], copy: psycopg.Copy, rows: Sequence[bytes], size: int) -> None:
    """Send rows of so many bytes in slices, so that no second copy of all of them is made."""
    step = max(1, len(rows) * _SLICE // size) if size else 1
    for at in range(0, len(rows), step):
        if step == 1 and len(rows[at]) > _LARGE:
            _write_large(connection, copy, rows[at])
        else:
            copy.write(b"".join(rows[at : at + step]))


def _write_large(connection: psycopg.Connection[Any], copy: psycopg.Copy, row: bytes) -> None:
    """Send a row in slices."""
    view = memoryview(row)
    with _blocking(connection):
        for at in range(0, len(row), _SLICE):
            copy.write(view[at : at + _SLICE])


@contextmanager
def _blocking(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Each slice is gone before the next: else libpq keeps all of them in a buffer of its own."""
    connection.pgconn.nonblocking = 0
    try:
        yield
    finally:
        connection.pgconn.nonblocking = 1


def _place(error: psycopg.Error, rows: Sequence[bytes]) -> int:
    """Which of the rows the server refuses: COPY counts those that it was sent."""
    match = _LINE.search(error.diag.context or "")
    if match is None:
        raise error
    sent = [place for place, row in enumerate(rows) if row]
    return sent[min(int(match[1]), len(sent)) - 1]
