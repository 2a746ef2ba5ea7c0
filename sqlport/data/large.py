"""Values too large to be held: they travel in pieces, and are compared by their length and SHA-256.

SQLite refuses to read a value beyond a limit that `batches` sets; its row is then read column by column, the large
ones by incremental I/O (https://www.sqlite.org/c3ref/blob_open.html). Where that cannot be had (Python 3.10, a table
WITHOUT ROWID, a text in UTF-16, a policy that looks into the text), the value is held as a whole.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlport.catalog.names import quoted
from sqlport.data.cells import cells_of, row_of
from sqlport.data.convert import NULL, UnfitError, payload
from sqlport.data.plan import Column, Table, exact, in_schema
from sqlport.data.wire import LARGEST

if TYPE_CHECKING:
    import psycopg

LARGE: Final = 8 << 20
"""Bytes of a value from which on it is not held as a whole."""
CAN_OPEN: Final = sys.version_info >= (3, 11)
"""Whether sqlite3 can read and write values in pieces."""
PIECE: Final = 256 * 1024
"""Bytes of a piece."""

_MARK: Final = f"sha256 {secrets.token_hex(8)}"  # no value that is stored anywhere can be taken for it
_UTF8: Final = "'UTF8'"
_LEAST_STORED: Final = 16 * 1024  # of 8 MB compressed as far as PostgreSQL can
_COUNT: Final = struct.Struct(">h")
_LENGTH: Final = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class LargeRow:
    """A row in parts: bytes of COPY, and large values, each of so many bytes, that come in pieces."""

    parts: tuple[bytes | tuple[int, Callable[[], Iterator[bytes]]], ...]

    def send(self, write: Callable[[bytes], object]) -> bytes:
        """Give all bytes of the row to `write`; the row as it is compared."""
        compared = bytearray()
        for part in self.parts:
            if isinstance(part, bytes):
                write(part)
                compared += part
                continue
            size, pieces = part
            write(_LENGTH.pack(size))
            digest = hashlib.sha256()
            for piece in pieces():
                digest.update(piece)
                write(piece)
            told = _told(size, digest.hexdigest())
            compared += _LENGTH.pack(len(told)) + told
        return bytes(compared)


def read_large(connection: sqlite3.Connection, table: Table, rowid: int, *, strict: bool) -> LargeRow | None:
    """A row with its large values left where they are; None where they have to be held.

    `strict` tells that texts have to be looked into.
    """
    parts: list[bytes | tuple[int, Callable[[], Iterator[bytes]]]] = [_COUNT.pack(len(table.columns))]
    try:
        for column in table.columns:
            size = 0 if strict and column.wire.kind == "text" else _size(connection, table, column, rowid)
            if size > LARGE:
                parts.append((size, _pieces(connection, table, column, rowid)))
            else:
                parts.append(_small(connection, table, column, rowid))
    except (sqlite3.Error, UnfitError):  # a virtual table; a value that has to be judged
        return None
    return LargeRow(tuple(parts))


def _size(connection: sqlite3.Connection, table: Table, column: Column, rowid: int) -> int:
    """The bytes of a value that can be read in pieces, else 0. Raises UnfitError for one that PostgreSQL refuses."""
    if not _is_plain(column):
        return 0
    wanted = "text" if column.wire.kind == "text" else "blob"
    query = f"SELECT typeof({quoted(column.source)}) FROM {quoted(table.source)} WHERE {table.rowid} = ?"
    (found,) = connection.execute(query, (rowid,)).fetchone()
    if bytes(found) != wanted.encode() or (wanted == "text" and not _is_utf8(connection)):
        return 0
    with opened(connection, table, column, rowid) as blob:
        if len(blob) > LARGEST:
            raise UnfitError("too-large")
        return len(blob)


def _is_utf8(connection: sqlite3.Connection) -> bool:
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    return bytes(encoding) == b"UTF-8"


def _small(connection: sqlite3.Connection, table: Table, column: Column, rowid: int) -> bytes:
    query = f"SELECT {quoted(column.source)} FROM {quoted(table.source)} WHERE {table.rowid} = ?"
    made = payload(connection.execute(query, (rowid,)).fetchone()[0], column.wire)
    return NULL if made is None else _LENGTH.pack(len(made)) + bytes(made)


def _pieces(connection: sqlite3.Connection, table: Table, column: Column, rowid: int) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        with opened(connection, table, column, rowid) as blob:
            while piece := blob.read(PIECE):
                yield piece

    return pieces


def opened(connection: sqlite3.Connection, table: Table, column: Column, rowid: int, *, readonly: bool = True) -> Any:
    """The value as a file. Raises sqlite3.Error where that cannot be had."""
    if sys.version_info >= (3, 11):
        return connection.blobopen(table.source, column.source, rowid, readonly=readonly)
    raise sqlite3.NotSupportedError("Connection.blobopen came with Python 3.11")


def _is_plain(column: Column) -> bool:
    """Whether its bytes are the same on both sides, whatever the value."""
    return column.wire.kind == "bytea" or column.wire.any_text


@contextmanager
def nothing_above(connection: sqlite3.Connection, size: int = LARGE) -> Iterator[None]:
    """SQLite raises DataError for a value of more bytes; without effect before Python 3.11.

    https://www.sqlite.org/limits.html#max_length
    """
    if sys.version_info >= (3, 11):
        before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, size)
        try:
            yield
        finally:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)
    else:
        yield


def compared(rows: Sequence[bytes], table: Table) -> Sequence[bytes]:
    """The rows of a batch as they are compared. Only the last can hold a large value, since one ends a batch."""
    if not rows or len(rows[-1]) <= LARGE:
        return rows
    cells = [
        _told(len(cell), hashlib.sha256(cell).hexdigest())
        if cell is not None and len(cell) > LARGE and _is_plain(column)
        else cell
        for cell, column in zip(cells_of(rows[-1]), table.columns, strict=True)
    ]
    return [*rows[:-1], row_of(tuple(cells))]


def _told(size: int, digest: str) -> bytes:
    return f"{_MARK} {size} bytes, {digest}".encode()


def is_told(cell: bytes) -> bool:
    """Whether it stands for a large value."""
    return cell.startswith(_MARK.encode())


def may_hold_large(connection: psycopg.Connection[Any], schema: str, table: Table) -> bool:
    """Whether what a table keeps beside its rows is enough for a large value.

    https://www.postgresql.org/docs/current/storage-toast.html
    """
    query = "SELECT relkind <> 'r' OR pg_relation_size(reltoastrelid) > %s FROM pg_class WHERE oid = %s::regclass"
    row = connection.execute(query, (_LEAST_STORED, in_schema(schema, table.name))).fetchone()
    return row is not None and bool(row[0]) and any(map(_is_plain, table.columns))


def is_large(column: Column) -> str:
    """PostgreSQL's condition for a large value; empty where the column has none."""
    return f"octet_length({exact(column.name)}) > {LARGE}" if _is_plain(column) else ""


def told_by_postgres(column: Column) -> str:
    """The column as PostgreSQL gives it to be compared."""
    name = exact(column.name)
    if not _is_plain(column):
        return name
    is_text = column.wire.kind == "text"
    digest = f"sha256({f'convert_to({name}::text, {_UTF8})' if is_text else name})"
    told = f"'{_MARK} ' || octet_length({name}) || ' bytes, ' || encode({digest}, 'hex')"
    told, whole = (told, f"{name}::text") if is_text else (f"convert_to({told}, {_UTF8})", name)
    return f"CASE WHEN {is_large(column)} THEN {told} ELSE {whole} END"
