"""Connections to PostgreSQL that keep the habits of sqlite3 which this program relies on."""

from __future__ import annotations

import datetime
import gc
import os
import re
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import tuple_row

_COMMENTS = r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*"
WRITES = re.compile(_COMMENTS + r"(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE | re.DOTALL)
CONTROLS = re.compile(
    _COMMENTS + r"(?:BEGIN|START|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|VACUUM)\b", re.IGNORECASE | re.DOTALL
)
SAVEPOINT = re.compile(_COMMENTS + r"SAVEPOINT\s+([^\s;]+)", re.IGNORECASE | re.DOTALL)
PRAGMAS = re.compile(rf"(?:{_COMMENTS}PRAGMA\b[^;]*;?)+", re.IGNORECASE | re.DOTALL)
RELEASE = re.compile(_COMMENTS + r"RELEASE\s+(?:SAVEPOINT\s+)?([^\s;]+)", re.IGNORECASE | re.DOTALL)

# The schema alone, and where types such as citext are: a DROP must not reach the tables of the program's database.
SCRATCH_PATH = """SELECT set_config('search_path', concat_ws(', ', quote_ident(%s), (
    SELECT string_agg(DISTINCT quote_ident(nspname), ', ')
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE nspname <> 'pg_catalog'
)), false)"""


_COLUMNS = """SELECT attrelid, attnum, lower(relname || '.' || attname)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE attrelid = ANY(%s) AND attnum > 0"""
# What sqlite3 converts columns of these declared types with, where it is opened with PARSE_DECLTYPES.
CONVERTERS: dict[str, Callable[[bytes], Any]] = {
    "date": lambda value: datetime.date.fromisoformat(value.decode()),
    "timestamp": lambda value: datetime.datetime.fromisoformat(value.decode()),
}
ADAPTERS: dict[type, Callable[[Any], Any]] = {}


def register_converter(name: str, converter: Callable[[bytes], Any]) -> None:
    """Convert columns of this declared type; `converter` gets the bytes of the text that is stored."""
    CONVERTERS[name.lower()] = converter


def register_adapter(kind: type, adapter: Callable[[Any], Any]) -> None:
    """Send values of this type as what `adapter` makes of them."""
    ADAPTERS[kind] = adapter


def connect(
    database: str | os.PathLike[str] = "",
    *,
    isolation_level: str | None = "",
    declared: Mapping[str, str] | None = None,
    factory: type[Connection] | None = None,
    **options: Any,
) -> Connection:
    """A connection to `DATABASE_URL`, where sqlite3 opened the file `database`.

    With an `isolation_level` (the default) the first write begins a transaction, as with sqlite3; with None
    every statement stands for itself. `declared` names the converter of columns (`{"post.created": "timestamp"}`),
    `factory` is a class derived from `Connection`. Other `options` of sqlite3's are about its files.
    """
    connection = _opened(factory or Connection)
    connection.declared = declared or {}
    connection.isolation_level = None if options.get("autocommit") is True else isolation_level
    adapt(connection)
    if is_scratch(database):
        connection.use_scratch(database)
    return connection


def _opened(kind: type[Connection]) -> Connection:
    url = os.environ["DATABASE_URL"]
    try:
        return kind.connect(url, autocommit=True, cursor_factory=Cursor)
    except psycopg.OperationalError:
        gc.collect()  # the server has room for few; sqlite3's connections are forgotten rather than closed
        return kind.connect(url, autocommit=True, cursor_factory=Cursor)


def adapt(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Send values as sqlite3 stores them."""
    connection.adapters.register_dumper(bool, _BoolDumper)
    for kind in (bytes, bytearray, memoryview):
        connection.adapters.register_dumper(kind, _BytesDumper)
    connection.adapters.register_dumper(datetime.date, _DateDumper)
    connection.adapters.register_dumper(datetime.datetime, _DatetimeDumper)


def use_text_factory(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], factory: Any) -> None:
    """Make of texts what `factory` makes of their bytes."""

    class Text(Loader):
        def load(self, data: Any) -> Any:
            return bytes(data).decode() if factory is str else factory(bytes(data))

    for kind in (0, "text", "varchar"):  # 0 stands for types such as citext, which psycopg does not know
        connection.adapters.register_loader(kind, Text)


def is_scratch(database: str | os.PathLike[str]) -> bool:
    """Whether it is a database in memory, or a file among the temporary ones, as tests have them."""
    name, _ = file_of(database)
    if name == ":memory:":
        return True
    temporary = Path(tempfile.gettempdir()).resolve()
    return bool(name) and temporary in Path(name).resolve().parents


def file_of(database: str | os.PathLike[str]) -> tuple[str, Mapping[str, str]]:
    """The file that a name means, `:memory:` for none, and the parameters of a name that is a URI (`file:...`)."""
    name = os.fsdecode(database)
    if not name.startswith("file:"):
        return name, {}
    parts = urlsplit(name)
    given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    path = unquote(parts.path)
    if path == ":memory:" or given.get("mode") == "memory":
        return ":memory:", given
    return path, given


class Row(tuple[Any, ...]):
    """A row whose values are found by position and by name in any case."""

    _names: list[str]

    def __new__(cls, cursor: psycopg.Cursor[Any], values: Iterable[Any]) -> Row:
        row = super().__new__(cls, values)
        row._names = [column.name for column in cursor.description or ()]
        return row

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self._names)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        for position, name in enumerate(self._names):
            if name.lower() == key.lower():
                return super().__getitem__(position)
        raise IndexError("No item with that key")


class _RowMaker:
    """A `row_factory` of sqlite3, which gets the cursor and the values of each row, as psycopg calls it."""

    def __init__(self, factory: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        self.factory = factory

    def __call__(self, cursor: Any) -> Callable[[Any], Any]:
        return lambda values: self.factory(cursor, tuple(values))


def row_maker(factory: Any) -> Any:
    if factory is None or factory is tuple_row:
        return tuple_row
    return factory if isinstance(factory, (_RowMaker, _Converted)) else _RowMaker(factory)


def without_pragmas(query: str) -> str:
    """A script without its PRAGMAs, which say nothing to PostgreSQL."""
    found = PRAGMAS.match(query)
    if found is None:
        return query
    warnings.warn(f"PostgreSQL has no PRAGMA: {found[0].strip()}", stacklevel=3)
    return query[found.end() :]


def values_of(parameters: Any) -> Any:
    """The values of a statement: sqlite3 takes a text for its characters, psycopg takes none for a sequence."""
    if not ADAPTERS or not parameters:
        return tuple(parameters) if isinstance(parameters, str) else parameters or None

    def adapted(value: Any) -> Any:
        adapter = ADAPTERS.get(type(value))
        return adapter(value) if adapter else value

    if isinstance(parameters, Mapping):
        return {key: adapted(value) for key, value in parameters.items()}
    return [adapted(each) for each in parameters]


class _Converted:
    """Rows whose columns of declared types are converted before `maker` gets them."""

    def __init__(self, maker: Any) -> None:
        self.maker = maker

    def __call__(self, cursor: Any) -> Callable[[Any], Any]:
        make = self.maker(cursor)
        converters: list[Callable[[Any], Any] | None] = []

        def row(values: Any) -> Any:
            if not converters:  # asked for with the first row: the connection is busy before
                converters.extend(cursor.connection.converters_of(cursor.pgresult))
            return make(
                [to(one) if to and one is not None else one for one, to in zip(values, converters, strict=True)]
            )

        return row


class Cursor(psycopg.Cursor[Any]):
    """A cursor that returns no rows where a statement has none, instead of raising."""

    _writes = False

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed; -1 for one that only reads, as with sqlite3."""
        return super().rowcount if self._writes else -1

    def execute(self, query: Any, params: Any = None, **options: Any) -> Cursor:
        """Run a statement; the first that writes begins a transaction."""
        connection: Any = self.connection
        if without_pragmas(query) != query:
            query, params = "", None
        connection.begin_before(query)
        if connection.in_transaction and not CONTROLS.match(query):
            with connection.transaction():  # after an error the transaction goes on, without this statement
                super().execute(query, values_of(params), **options)
        else:
            super().execute(query, values_of(params), **options)
        connection.commit_after(query)
        self._writes = bool(WRITES.match(query))
        connection.total_changes += max(self.rowcount, 0)
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> Any:
        """Run a statement for each set of parameters."""
        connection: Any = self.connection
        connection.begin_before(query)
        with connection.transaction():
            super().executemany(query, map(values_of, params_seq), returning=returning)
        self._writes = True
        connection.total_changes += max(self.rowcount, 0)
        return self

    def executescript(self, script: str) -> Cursor:
        """Commit what is pending, then run all statements of the script."""
        self.connection.commit()
        super().execute(without_pragmas(script))
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        return super().fetchone() if self.description else None

    def fetchmany(self, size: int = 0) -> list[Any]:
        """The next rows."""
        return super().fetchmany(size) if self.description else []

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return super().fetchall() if self.description else []

    def __next__(self) -> Any:
        if self.description:
            return super().__next__()
        raise StopIteration

    @property
    def lastrowid(self) -> int | None:
        """The last number that a sequence gave to a row of this connection."""
        connection: Any = self.connection
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        try:
            with connection.transaction() if connection.in_transaction else nullcontext():
                row = cursor.execute("SELECT lastval()").fetchone()
        except psycopg.errors.ObjectNotInPrerequisiteState:
            return None
        return int(row[0]) if row else None

    @property
    def row_factory(self) -> Any:
        """What makes the rows: None for tuples, `Row`, or a function of the cursor and the values."""
        return super().row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        maker = row_maker(factory)
        connection: Any = self.connection
        maker = _Converted(maker) if connection.declared and not isinstance(maker, _Converted) else maker
        psycopg.Cursor.row_factory.fset(self, maker)  # type: ignore[attr-defined]


class Connection(psycopg.Connection[Any]):
    """A connection that `with` commits or rolls back and does not close."""

    _scratch = ""
    _text_factory: Any = str
    _begins: str | None = ""
    _outermost = ""
    _is_closed = False
    total_changes = 0
    declared: Mapping[str, str] = {}

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if exc_type is None:
            self.commit()
        else:
            self.rollback()

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
        if level is None:
            self.commit()
        self._begins = level

    def begin_before(self, query: str) -> None:
        """Begin a transaction before the first statement that writes, and before a savepoint outside of one."""
        if self.in_transaction:
            return
        opened = SAVEPOINT.match(query)
        self._outermost = opened[1].lower() if opened else ""
        if opened or (self._begins is not None and WRITES.match(query)):
            psycopg.Cursor(self).execute("BEGIN")

    def commit_after(self, query: str) -> None:
        """Commit what the outermost savepoint began, once it is released."""
        released = RELEASE.match(query)
        if released and released[1].lower() == self._outermost:
            self.commit()

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

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        """A cursor. Raises ProgrammingError where the program has closed the connection."""
        if self._is_closed:
            raise psycopg.ProgrammingError("Cannot operate on a closed database.")
        factory = options.pop("factory", None) or next((one for one in arguments if isinstance(one, type)), None)
        if factory is not None:  # a class of the program's, as sqlite3 takes one
            arguments = ()
        cursor = factory(self, row_factory=self.row_factory) if factory else super().cursor(*arguments, **options)
        if self.declared:
            cursor.row_factory = cursor.row_factory
        return cursor

    def converters_of(self, result: Any) -> list[Callable[[Any], Any] | None]:
        """What each column of a result is converted with: by the type that its column was declared with."""
        tables = [result.ftable(number) for number in range(result.nfields)]
        names = psycopg.Cursor(self, row_factory=tuple_row).execute(_COLUMNS, [tables]).fetchall()
        named = {(table, position): name for table, position, name in names}
        found = [
            CONVERTERS.get(self.declared.get(named.get((table, result.ftablecol(number)), ""), ""))
            for number, table in enumerate(tables)
        ]
        return [_of_text(each) if each else None for each in found]

    def executemany(self, query: str, parameters: Iterable[Any]) -> Any:
        """Run a statement for each set of parameters, with a cursor of its own."""
        return self.cursor().executemany(query, parameters)

    def executescript(self, script: str) -> Any:
        """Run all statements of a script, with a cursor of its own."""
        cursor: Any = self.cursor()
        return cursor.executescript(script)

    def create_function(self, name: str, *_: Any, **__: Any) -> None:
        """PostgreSQL runs no functions of this program: what calls `name` in SQL raises, unless SQL defines it."""
        warnings.warn(f"{name}() is not defined on PostgreSQL; write it in SQL", stacklevel=2)

    create_aggregate = create_window_function = create_collation = create_function

    def use_scratch(self, database: str | os.PathLike[str]) -> None:
        """Work in a schema of its own: one for the connection, or the one whose name the file holds."""
        name, self._scratch = scratch(database)
        schema = sql.Identifier(name)
        psycopg.Cursor(self).execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        psycopg.Cursor(self).execute(SCRATCH_PATH, [name])

    def close(self) -> None:
        """Close it; a database in memory is gone then."""
        if self._scratch and not self.closed and is_last(self._scratch):
            self.rollback()
            psycopg.Cursor(self).execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self._scratch)))
        self._is_closed = True
        super().close()


def _of_text(converter: Callable[[bytes], Any]) -> Callable[[Any], Any]:
    return lambda value: converter(bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode())


_SHARED: dict[str, list[str]] = {}  # databases in memory by name: the schema, once for each connection


def scratch(database: str | os.PathLike[str]) -> tuple[str, str]:
    """The schema of a database in memory or a temporary file; again where it goes with its last connection."""
    path, given = file_of(database)
    if path != ":memory:":
        return _scratch_of(Path(path), is_made=given.get("mode") not in ("ro", "rw")), ""
    name = f"scratch_{uuid.uuid4().hex}"
    if given.get("cache") == "shared":
        opened = _SHARED.setdefault(urlsplit(os.fsdecode(database)).path, [])
        name = opened[0] if opened else name
        opened.append(name)
    return name, name


def is_last(schema: str) -> bool:
    """Whether no other connection shares the database in memory; it is given back."""
    for name, opened in list(_SHARED.items()):
        if schema in opened:
            opened.pop()
            if opened:
                return False
            del _SHARED[name]
    return True


def _scratch_of(path: Path, *, is_made: bool) -> str:
    """The schema that stands for a temporary file: another one for each that is new or empty."""
    try:
        if not is_made:
            path.stat()
        held = path.read_bytes() if path.exists() else b""
        if not held:
            held = f"scratch_{uuid.uuid4().hex}".encode()
            path.write_bytes(held)
    except OSError as error:
        raise psycopg.OperationalError(f"unable to open database file: {error}") from error
    if not re.fullmatch(rb"scratch_[0-9a-f]{32}", held):
        raise psycopg.DatabaseError(f"{path}: not a scratch database of this program; copy it with `sqlport data copy`")
    return held.decode()


class _BoolDumper(Dumper):
    """True and False as the 1 and 0 that sqlite3 stores."""

    def dump(self, obj: Any) -> bytes:
        return b"1" if obj else b"0"


class _BytesDumper(Dumper):
    """Bytes as they are: a blob in a column of bytea, and in one of text the text that they spell."""

    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


class _DateDumper(Dumper):
    """A date as the text that sqlite3 stores."""

    def dump(self, obj: Any) -> bytes:
        return str(obj.isoformat()).encode()


class _DatetimeDumper(Dumper):
    """A point in time as the text that sqlite3 stores."""

    def dump(self, obj: Any) -> bytes:
        return str(obj.isoformat(" ")).encode()
