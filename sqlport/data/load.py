"""Batches of rows into PostgreSQL tables, each with its place in the same transaction, so none is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlport.data.careful import Careful, Misfit
from sqlport.data.large import compared
from sqlport.data.plan import Table, exact, in_schema
from sqlport.data.policy import Policies
from sqlport.data.source import BATCH, Batch, Namer, Snapshot, batches
from sqlport.data.wire import SIGNATURE, TRAILER
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

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

    `commit` is a transaction block for each batch (or nothing, where all is one), inside which `note` is told how
    far the table is; `tell` is told of each misfit, in the same block.
    """

    connection: psycopg.Connection[Any]
    source: Snapshot
    schema: str
    policies: Policies
    tell: Callable[[Misfit], None]
    note: Callable[[Table, int, Loaded], None]
    size: int = BATCH

    def load(self, table: Table, total: int, start: int = 0, loaded: Loaded | None = None) -> Loaded:
        """Copy the rows from a place on, until `total` have been read.

        Raises MisfitError, and SqlportError when the server goes away or SQLite gives another number of rows.
        """
        loaded, end = loaded or Loaded(), start
        names = ", ".join(exact(column.name) for column in table.columns)
        command = f"COPY {in_schema(self.schema, table.name)} ({names}) FROM STDIN (FORMAT binary)".encode()
        told: list[Misfit] = []
        strict = looks_at_text(table, self.policies)
        for batch in batches(
            self.source, table, self.policies, told.append, start=start, size=self.size, strict=strict
        ):
            loaded = self._arrived(command, table, batch, told, loaded)
            end = batch.end
            told.clear()
            batch.rows.clear()
        if end != total:
            raise SqlportError(
                f"{self.source.path}: table {table.source} has {total} rows, but {end} could be read; "
                "look at it with SQLite's PRAGMA integrity_check"
            )
        return loaded

    def _arrived(self, command: bytes, table: Table, batch: Batch, told: Sequence[Misfit], loaded: Loaded) -> Loaded:
        """Send a batch and note it; what the server refuses is judged, and the rest sent again in smaller parts."""
        import psycopg

        def noted(rows: list[bytes]) -> Loaded:
            for misfit in told:
                self.tell(misfit)
            now = loaded.plus(compared(rows, table))
            self.note(table, batch.end, now)
            return now

        try:
            with self.connection.transaction():
                return noted(self._sent(command, batch))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            refused = error
        with self.connection.transaction():
            return noted(self._piecewise(command, table, batch, refused))

    def _sent(self, command: bytes, batch: Batch) -> list[bytes]:
        """Send a batch; its rows as they are compared."""
        if batch.large is None:
            send(self.connection, command, batch.rows)
            return batch.rows
        with self.connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.write(SIGNATURE)
            with _blocking(self.connection):
                row = batch.large.send(copy.write)
            copy.write(TRAILER)
        return [row]

    def _piecewise(self, command: bytes, table: Table, batch: Batch, error: psycopg.Error) -> list[bytes]:
        import psycopg

        rows = list(batch.rows)
        if batch.large is not None:
            judge = Careful(table, self.policies, Namer(self.source, table), self.tell, first=batch.first)
            rows = [judge.row(self.source.row(table, batch.first))]
        at, width = 0, len(rows)
        refused: psycopg.Error | None = error
        while at < len(rows):
            if refused is not None:
                bad = _place(refused, rows[at : at + width])
                rows[at + bad] = self._judged(table, batch.first + at + bad, refused, rows[at + bad])
                width = max(_FEWEST, bad + 1)
            try:
                with self._undone_alone():
                    send(self.connection, command, rows[at : at + width])
            except (psycopg.DataError, psycopg.IntegrityError) as again:
                refused = again
                continue
            refused = None
            at, width = at + width, width * 2
        return rows

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

    @contextmanager
    def _undone_alone(self) -> Iterator[None]:
        """A savepoint: only what is inside is undone when it fails."""
        with self.connection.transaction():
            yield


def looks_at_text(table: Table, policies: Policies) -> bool:
    """Whether a text that the server would refuse has another policy than to fail."""
    return any(
        policies.changes(table.source, column.source, _TEXT_KINDS)
        for column in table.columns
        if column.wire.kind in ("text", "json", "jsonb")
    )


def send(connection: psycopg.Connection[Any], command: bytes, rows: Sequence[bytes]) -> None:
    """Send rows to COPY in slices, so that no second copy of a batch is made."""
    size = sum(map(len, rows))
    step = max(1, len(rows) * _SLICE // size) if size else 1
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(SIGNATURE)
        for at in range(0, len(rows), step):
            if step == 1 and len(rows[at]) > _LARGE:
                _send_large(connection, copy, rows[at])
            else:
                copy.write(b"".join(rows[at : at + step]))
        copy.write(TRAILER)


def _send_large(connection: psycopg.Connection[Any], copy: psycopg.Copy, row: bytes) -> None:
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
