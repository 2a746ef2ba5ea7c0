"""The rows of both sides in the same form: the bytes of binary COPY, row by row, so that equal rows are equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from sqlport.data import large
from sqlport.data.careful import Misfit
from sqlport.data.load import looks_at_text
from sqlport.data.plan import Column, Table, exact, in_schema
from sqlport.data.policy import Policies
from sqlport.data.source import Snapshot, batches
from sqlport.data.wire import SIGNATURE, TRAILER
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

_ROWS: Final = 4096
_BYTES: Final = 1_000_000
Rows = Iterator[list[bytes]]


def of_sqlite(
    source: Snapshot,
    table: Table,
    policies: Policies,
    tell: Callable[[Misfit], None],
    *,
    lenient: bool = False,
    without: Collection[int] = (),
) -> Rows:
    """The rows as they are written to PostgreSQL, without rejected ones and those at the places `without`."""
    strict = looks_at_text(table, policies)
    for batch in batches(source, table, policies, tell, strict=strict, lenient=lenient):
        rows = [batch.large.send(len)] if batch.large is not None else list(large.compared(batch.rows, table))
        for place in range(batch.first, batch.end) if without else ():
            if place in without:
                rows[place - batch.first] = b""
        yield [row for row in rows if row] if b"" in rows else rows


def of_postgres(connection: psycopg.Connection[Any], schema: str, table: Table) -> Rows:
    """The rows as PostgreSQL gives them, in no order; large values as they are compared."""
    name = large.told_by_postgres if large.may_hold_large(connection, schema, table) else _plain
    names = ", ".join(map(name, table.columns))
    yield from copied_out(
        connection, f"COPY (SELECT {names} FROM {in_schema(schema, table.name)}) TO STDOUT (FORMAT binary)"
    )


def whole_of_postgres(connection: psycopg.Connection[Any], schema: str, table: Table, condition: str) -> Rows:
    """The rows as PostgreSQL gives them, in no order, those for which a condition holds (empty: all)."""
    names = ", ".join(map(_plain, table.columns))
    where = f" WHERE {condition}" if condition else ""
    yield from copied_out(
        connection, f"COPY (SELECT {names} FROM {in_schema(schema, table.name)}{where}) TO STDOUT (FORMAT binary)"
    )


def _plain(column: Column) -> str:
    return exact(column.name)


def copied_out(connection: psycopg.Connection[Any], command: str) -> Rows:
    """The rows of a binary COPY TO STDOUT, without its frame. Raises SqlportError when the server fails."""
    import psycopg
    from psycopg.pq import ExecStatus

    pgconn = connection.pgconn
    result = pgconn.exec_(command.encode())
    if result.status != ExecStatus.COPY_OUT:
        raise SqlportError(f"PostgreSQL: {result.error_message.decode('utf-8', 'replace').strip()}")
    rows: list[bytes] = []
    size = 0
    first = True
    read = pgconn.get_copy_data  # psycopg's own reader makes several objects of each row
    while True:
        try:
            length, data = read(0)
        except psycopg.Error as error:
            raise SqlportError(f"PostgreSQL stopped in the middle of a table: {str(error).strip()}") from None
        if length < 0:
            break
        row = bytes(data[len(SIGNATURE) :]) if first else bytes(data)
        first = False
        del data
        if row in (b"", TRAILER):  # the signature may come alone, or with the trailer
            continue
        rows.append(row)
        size += length
        if size > _BYTES or len(rows) >= _ROWS:
            yield rows
            rows, size = [], 0
    final = pgconn.get_result()
    while final is not None:
        if final.status not in (ExecStatus.COMMAND_OK, ExecStatus.COPY_OUT):
            raise SqlportError(f"PostgreSQL: {final.error_message.decode('utf-8', 'replace').strip()}")
        final = pgconn.get_result()
    if rows:
        yield rows
