"""One statement run on one engine: its rows and labels, what it changed, or the class of its error."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

if TYPE_CHECKING:
    import psycopg

    from sqlport.prove.model import Value

Row = tuple[Any, ...]
ErrorKind = OneOf["", "constraint", "missing", "range", "limit", "other"]
"""`missing`: a table, column or function is not there; `limit`: it took too long or gave too many rows."""

STEPS = 20_000
"""SQLite calls back after so many instructions of its virtual machine."""

_UNDO = "ROLLBACK TO SAVEPOINT sqlport"
_MISSING = frozenset(["42P01", "42703", "42704", "42883", "3F000"])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is waited for of SQLite: `calls` times `STEPS` instructions (about half a second), and so many rows."""

    calls: int = 500
    rows: int = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answered; `tables` are the rows of the changed tables afterwards, in no order."""

    labels: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    count: int = -1
    tables: tuple[tuple[str, tuple[Row, ...]], ...] = ()
    error: ErrorKind = ""
    code: str = ""
    message: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it neither returned nor changed anything."""
        return not self.rows and self.count <= 0


def on_sqlite(
    connection: sqlite3.Connection,
    sql: str,
    values: tuple[Value, ...] = (),
    tables: tuple[tuple[str, str], ...] = (),
    *,
    bounds: Bounds = Bounds(),
) -> Answer:
    """Run a statement and undo it. `tables` are pairs of a key and the SELECT of all rows of a table."""
    calls = 0

    def watch() -> int:
        nonlocal calls
        calls += 1
        return int(calls > bounds.calls)

    connection.set_progress_handler(watch, STEPS)
    connection.execute("SAVEPOINT sqlport")
    before = connection.total_changes
    try:
        cursor = connection.execute(sql, values)
        rows = cursor.fetchmany(bounds.rows + 1)
        if len(rows) > bounds.rows:
            return Answer(error="limit", message=f"more than {bounds.rows} rows")
        labels = tuple(column[0] for column in cursor.description or ())
        count = _changed(connection, before) if tables else -1
        after = tuple((key, tuple(connection.execute(select).fetchall())) for key, select in tables)
        return Answer(labels, tuple(rows), count, after)
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        return Answer(error=_sqlite_kind(error), message=str(error))
    finally:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK TO sqlport")
            connection.execute("RELEASE sqlport")


def _changed(connection: sqlite3.Connection, before: int) -> int:
    """How many rows the last statement changed itself (`rowcount` does not know it behind WITH)."""
    if connection.total_changes == before:
        return 0
    return int(connection.execute("SELECT changes()").fetchone()[0])


def _sqlite_kind(error: Exception) -> ErrorKind:
    text = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return "constraint" if "datatype mismatch" not in text else "other"
    if text == "integer overflow":
        return "range"
    if text == "interrupted":
        return "limit"
    return "missing" if text.startswith("no such") or "has no column named" in text else "other"


def on_postgres(
    connection: psycopg.Connection[Any],
    sql: str,
    values: tuple[Value, ...] = (),
    tables: tuple[tuple[str, str], ...] = (),
    *,
    reads: bool = False,
) -> Answer:
    """Run a statement in the open transaction, whose savepoint `sqlport` is its state before and after.

    A statement that only `reads` needs no rolling back where it succeeds. Raises psycopg.OperationalError when
    the server has gone away.
    """
    import psycopg

    failed = undone = False
    try:
        cursor = psycopg.RawCursor(connection)
        cursor.execute(sql.encode("utf-8", "surrogatepass"), values or None)
        rows = cursor.fetchall() if cursor.description else []
        labels = tuple(column.name for column in cursor.description or ())
        count = cursor.rowcount
        undone = not reads
        after = _afterwards(connection, tables) if undone else ()
        return Answer(labels, tuple(rows), count, after)
    except (psycopg.Error, UnicodeEncodeError) as error:
        undone = False
        failed = True
        code = getattr(error, "sqlstate", None) or ""
        if isinstance(error, psycopg.OperationalError) and connection.closed:
            raise
        message = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
        return Answer(error=_postgres_kind(code), code=code, message=message)
    finally:
        if (failed or not (reads or undone)) and not connection.closed:
            connection.execute(_UNDO)


def _afterwards(
    connection: psycopg.Connection[Any], tables: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The rows of the tables, and back to the savepoint, in one round trip."""
    cursor = connection.execute("; ".join([*(select for _, select in tables), _UNDO]).encode())
    found = []
    for key, _ in tables:
        found.append((key, tuple(cursor.fetchall())))
        cursor.nextset()
    return tuple(found)


def _postgres_kind(code: str) -> ErrorKind:
    if code.startswith("23"):
        return "constraint"
    if code in ("22003", "22P03"):
        return "range"
    if code == "57014":
        return "limit"
    return "missing" if code in _MISSING else "other"
