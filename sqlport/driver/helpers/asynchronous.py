"""Asynchronous connections to PostgreSQL that keep the habits of aiosqlite which this program relies on."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from sqlport.driver.helpers.sync import (
    CONTROLS,
    RELEASE,
    SAVEPOINT,
    SCRATCH_PATH,
    WRITES,
    Row,
    adapt,
    is_last,
    is_scratch,
    register_adapter,
    register_converter,
    row_maker,
    scratch,
    use_text_factory,
    values_of,
    without_pragmas,
)

__all__ = ["Connection", "Cursor", "Row", "connect", "register_adapter", "register_converter"]


class _Running:
    """What both `await` and `async with` work on, as the calls of aiosqlite do."""

    def __init__(self, start: Callable[[], Awaitable[Any]]) -> None:
        self._start = start
        self._result: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._start().__await__()

    async def __aenter__(self) -> Any:
        self._result = await self._start()
        return self._result

    async def __aexit__(self, *error: object) -> None:
        if hasattr(self._result, "close"):
            await self._result.close()


def connect(database: str | os.PathLike[str] = "", *, isolation_level: str | None = "", **options: Any) -> Any:
    """A connection to `DATABASE_URL`, where aiosqlite opened the file `database`.

    With an `isolation_level` (the default) the first write begins a transaction, as with sqlite3; with None
    every statement stands for itself. Other `options` of aiosqlite's are about SQLite's files.
    """

    async def start() -> Connection:
        connection = await Connection.connect(os.environ["DATABASE_URL"], autocommit=True, cursor_factory=Cursor)
        connection.isolation_level = None if options.get("autocommit") is True else isolation_level
        adapt(connection)
        if is_scratch(database):
            await connection.use_scratch(database)
        return connection

    return _Running(start)


class Cursor(psycopg.AsyncCursor[Any]):
    """A cursor that returns no rows where a statement has none, instead of raising."""

    _writes = False

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed; -1 for one that only reads, as with sqlite3."""
        return super().rowcount if self._writes else -1

    def __await__(self) -> Generator[Any, None, Cursor]:
        async def itself() -> Cursor:
            return self

        return itself().__await__()

    async def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement; the first that writes begins a transaction."""
        connection: Any = self.connection
        if without_pragmas(query) != query:
            query, params = "", None
        await connection.begin_before(query)
        if connection.in_transaction and not CONTROLS.match(query):
            async with connection.transaction():  # after an error the transaction goes on, without this statement
                await super().execute(query, values_of(params), **options)
        else:
            await super().execute(query, values_of(params), **options)
        await connection.commit_after(query)
        self._writes = bool(WRITES.match(query))
        connection.total_changes += max(self.rowcount, 0)
        return self

    async def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> Any:
        """Run a statement for each set of parameters."""
        connection: Any = self.connection
        await connection.begin_before(query)
        async with connection.transaction():
            await super().executemany(query, map(values_of, params_seq), returning=returning)
        self._writes = True
        connection.total_changes += max(self.rowcount, 0)
        return self

    async def executescript(self, script: str) -> Any:
        """Commit what is pending, then run all statements of the script."""
        await self.connection.commit()
        await super().execute(without_pragmas(script))
        return self

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return await super().fetchone() if self.description else None

    async def fetchmany(self, size: int = 0) -> list[Any]:
        """The next rows."""
        return await super().fetchmany(size) if self.description else []

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return await super().fetchall() if self.description else []

    async def __anext__(self) -> Any:
        if self.description:
            return await super().__anext__()
        raise StopAsyncIteration

    @property
    def lastrowid(self) -> int:
        """Not known without asking the server: let the INSERT return it."""
        raise psycopg.NotSupportedError("lastrowid is not known on PostgreSQL; use INSERT ... RETURNING")

    @property
    def row_factory(self) -> Any:
        """What makes the rows: None for tuples, `Row`, or a function of the cursor and the values."""
        return super().row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        psycopg.AsyncCursor.row_factory.fset(self, row_maker(factory))  # type: ignore[attr-defined]


class Connection(psycopg.AsyncConnection[Any]):
    """A connection whose calls both `await` and `async with` work on, and that closes without a commit."""

    _scratch = ""
    _text_factory: Any = str
    _begins: str | None = ""
    _outermost = ""
    total_changes = 0

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @property
    def in_transaction(self) -> bool:
        """Whether there are changes to commit."""
        return self.info.transaction_status != TransactionStatus.IDLE

    @property
    def isolation_level(self) -> Any:
        """None where nothing begins a transaction but the program itself."""
        return self._begins

    @isolation_level.setter
    def isolation_level(self, level: Any) -> None:
        self._begins = level

    async def begin_before(self, query: str) -> None:
        """Begin a transaction before the first statement that writes, and before a savepoint outside of one."""
        if self.in_transaction:
            return
        opened = SAVEPOINT.match(query)
        self._outermost = opened[1].lower() if opened else ""
        if opened or (self._begins is not None and WRITES.match(query)):
            await psycopg.AsyncCursor(self).execute("BEGIN")

    async def commit_after(self, query: str) -> None:
        """Commit what the outermost savepoint began, once it is released."""
        released = RELEASE.match(query)
        if released and released[1].lower() == self._outermost:
            await self.commit()

    @property
    def row_factory(self) -> Any:
        """What makes the rows: None for tuples, `Row`, or a function of the cursor and the values."""
        return self._row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._row_factory = row_maker(factory)

    @property
    def text_factory(self) -> Any:
        """What makes the texts of rows from their bytes; `str` as they are."""
        return self._text_factory

    @text_factory.setter
    def text_factory(self, factory: Any) -> None:
        self._text_factory = factory
        use_text_factory(self, factory)

    def _new_cursor(self) -> Any:
        return self.cursor()

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement, with a cursor of its own."""
        return _Running(lambda: self._new_cursor().execute(query, params, **options))

    def executemany(self, query: str, parameters: Iterable[Any]) -> Any:
        """Run a statement for each set of parameters, with a cursor of its own."""
        return _Running(lambda: self._new_cursor().executemany(query, parameters))

    def executescript(self, script: str) -> Any:
        """Run all statements of a script, with a cursor of its own."""
        return _Running(lambda: self._new_cursor().executescript(script))

    def execute_fetchall(self, query: str, parameters: Any = None) -> Any:
        """All rows of a statement."""

        async def rows() -> list[Any]:
            found: list[Any] = await (await self._new_cursor().execute(query, parameters)).fetchall()
            return found

        return _Running(rows)

    def execute_insert(self, query: str, parameters: Any = None) -> Any:
        """Insert a row, and what RETURNING says of it; without that the last number that a sequence gave."""

        async def row() -> Any:
            cursor = await self._new_cursor().execute(query, parameters)
            if not cursor.description:
                cursor = await self._new_cursor().execute("SELECT lastval()")
            return await cursor.fetchone()

        return _Running(row)

    async def use_scratch(self, database: str | os.PathLike[str]) -> None:
        """Work in a schema of its own: one for the connection, or the one whose name the file holds."""
        name, self._scratch = scratch(database)
        schema = sql.Identifier(name)
        await psycopg.AsyncCursor(self).execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        await psycopg.AsyncCursor(self).execute(SCRATCH_PATH, [name])

    async def close(self) -> None:
        """Close it; a database in memory is gone then."""
        if self._scratch and not self.closed and is_last(self._scratch):
            await self.rollback()
            drop = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._scratch))
            await psycopg.AsyncCursor(self).execute(drop)
        await super().close()
