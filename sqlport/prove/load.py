"""Both engines with the same tables and the same rows, inside transactions that are never committed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlport.catalog.names import quoted
from sqlport.prove.answers import Bounds
from sqlport.prove.model import has_cycle
from sqlport.prove.universe import Rows, Universe

if TYPE_CHECKING:
    import psycopg

    from sqlport.engines.server import Server
    from sqlport.prove.model import Model
    from sqlport.prove.universe import Row

ZONE = "America/New_York"
"""PostgreSQL's time zone while statements run: not UTC, so that what depends on it shows."""

_MOMENTS = frozenset(["date", "datetime", "time"])

_SESSION = (
    f"-c TimeZone={ZONE} -c statement_timeout=3s -c lock_timeout=2s -c jit=off "
    "-c client_min_messages=warning -c max_parallel_workers_per_gather=0"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where statements are run: connections to both engines, whose tables hold the rows of the universe.

    `sequences` are the names of PostgreSQL's sequences by the key of their table, `absent` the tables that
    PostgreSQL does not have, `bounds` what is waited for of SQLite.
    """

    sqlite: sqlite3.Connection
    postgres: psycopg.Connection[Any]
    universe: Universe
    sequences: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    bounds: Bounds = field(default_factory=Bounds)

    def all_rows(self, keys: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """The SELECT of all rows of each of these tables, for SQLite and for PostgreSQL."""
        found = [model for model in map(self.universe.model, keys) if model is not None]
        ours = tuple((model.key, f"SELECT {_names(model)} FROM {quoted(model.name)}") for model in found)
        theirs = tuple(
            (model.key, f"SELECT {', '.join(f.postgres for f in model.fields)} FROM {model.postgres}")
            for model in found
            if model.key not in self.absent
        )
        return ours, theirs

    def number_new_rows(self) -> None:
        """Make PostgreSQL number new rows behind those that are there, as SQLite does."""
        for key, sequence in self.sequences.items():
            last = self.universe.last_id(key)
            self.postgres.execute("SELECT setval(%s, %s, %s)", (sequence, max(last, 1), last > 0))

    def with_rows(self, rows: Rows) -> Stage:
        """The same stage about other rows."""
        return replace(self, universe=replace(self.universe, rows=rows))


def original_tables(definitions: Sequence[str]) -> sqlite3.Connection:
    """An empty SQLite with the original tables; what fails there could not be read into the catalog either."""
    from sqlport.engines.sqlite import scratch

    connection = scratch()
    # SQLite leaves REGEXP to the application (https://www.sqlite.org/lang_expr.html); this is what most define.
    connection.create_function("regexp", 2, _regexp, deterministic=True)
    for sql in definitions:
        with suppress(sqlite3.Error):
            connection.execute(sql)
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


@contextmanager
def without_triggers(sqlite: sqlite3.Connection) -> Iterator[None]:
    """No trigger fires within the block."""
    triggers = sqlite.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        sqlite.execute(f"DROP TRIGGER {quoted(name)}")
    yield
    for _, sql in triggers:
        sqlite.execute(sql)


def _regexp(pattern: Any, value: Any) -> int | None:
    if pattern is None or value is None:
        return None
    try:
        return int(re.search(str(pattern), str(value)) is not None)
    except re.error:
        return 0


def enforce(sqlite: sqlite3.Connection) -> None:
    """Make SQLite enforce foreign keys, as PostgreSQL does; not where one refers to what is no key.

    SQLite then refuses every change of these tables (https://www.sqlite.org/foreignkeys.html#fk_indexes).
    """
    sqlite.execute("PRAGMA foreign_keys = ON")
    try:
        sqlite.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error:
        sqlite.execute("PRAGMA foreign_keys = OFF")


@contextmanager
def connected(server: Server, database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a copy of the database with the ported tables; the copy is dropped afterwards."""
    with (
        server.database(database, owner=server.owner) as name,
        server.connect(name, autocommit=False, user=server.owner or None, options=_SESSION) as connection,
    ):
        connection.prepare_threshold = None
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.rollback()


def stage_of(sqlite: sqlite3.Connection, postgres: psycopg.Connection[Any], universe: Universe) -> Stage:
    """Copy the rows that SQLite holds into PostgreSQL, in a new transaction.

    A row that one of the engines refuses is in neither.
    """
    postgres.rollback()
    _drop_orphans(sqlite)
    absent = _absent(postgres, universe)
    models = [model for model in universe.models if model.key not in absent]
    switch_triggers(postgres, models, "DISABLE")
    if has_cycle(models):
        _defer(postgres)
    rows: dict[str, tuple[Row, ...]] = {model.key: () for model in universe.models}
    for model in universe.models:
        stored = _stored(sqlite, model)
        if model.key in absent:
            rows[model.key] = stored
            continue
        kept = copy_rows(postgres, model, stored)
        if len(kept) < len(stored):
            sqlite.execute(f"DELETE FROM {quoted(model.name)}")
            insert_rows(sqlite, model, kept)
        rows[model.key] = kept
    if has_cycle(models):
        postgres.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _drop_orphans(sqlite)
    enforce(sqlite)
    switch_triggers(postgres, models, "ENABLE")
    sequences = _sequences(postgres, models)
    stage = Stage(sqlite, postgres, replace(universe, rows=rows), sequences, frozenset(absent))
    stage.number_new_rows()
    postgres.execute("ANALYZE")
    postgres.execute("SAVEPOINT sqlport")
    return stage


def copy_rows(postgres: psycopg.Connection[Any], model: Model, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Put rows into a table of PostgreSQL and return those that it took."""
    if fits(postgres, model, rows):
        return tuple(rows)
    return tuple(row for row in rows if fits(postgres, model, [row]))


def fits(postgres: psycopg.Connection[Any], model: Model, rows: Sequence[Row]) -> bool:
    """Put rows into a table of PostgreSQL, all of them or none; False where it refuses one."""
    import psycopg

    postgres.execute("SAVEPOINT sqlport_copy")
    try:
        copy(postgres, model, rows)
    except psycopg.Error:
        postgres.execute("ROLLBACK TO SAVEPOINT sqlport_copy")
        return False
    return True


def copy(postgres: psycopg.Connection[Any], model: Model, rows: Sequence[Row]) -> None:
    """Put rows into a table of PostgreSQL, moments in UTC. Raises psycopg.Error for a row that it refuses."""
    if not rows:
        return
    names = ", ".join(field.postgres for field in model.fields)
    in_zone = any(field.sort in _MOMENTS for field in model.fields)
    if in_zone:
        postgres.execute("SET LOCAL TimeZone = 'UTC'")  # what SQLite holds without a zone
    with postgres.cursor().copy(f"COPY {model.postgres} ({names}) FROM STDIN".encode()) as stream:
        for row in rows:
            stream.write_row(row)
    if in_zone:
        postgres.execute(f"SET LOCAL TimeZone = '{ZONE}'")


def insert_rows(sqlite: sqlite3.Connection, model: Model, rows: Sequence[Row]) -> None:
    """Put rows into a table of SQLite. Raises sqlite3.Error for a row that it refuses."""
    marks = ", ".join("?" * len(model.fields))
    sqlite.executemany(f"INSERT INTO {quoted(model.name)} ({_names(model)}) VALUES ({marks})", rows)


def _stored(sqlite: sqlite3.Connection, model: Model) -> tuple[Row, ...]:
    with suppress(sqlite3.Error):
        return tuple(sqlite.execute(f"SELECT {_names(model)} FROM {quoted(model.name)}").fetchall())
    return ()


def _drop_orphans(sqlite: sqlite3.Connection) -> None:
    """Take out rows whose parent is not there; SQLite refuses to look where a reference is not to a key."""
    for _ in range(5):
        try:
            orphans = sqlite.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.Error:
            return
        for table, rowid, *_ in orphans:
            if rowid is not None:
                sqlite.execute(f"DELETE FROM {quoted(table)} WHERE rowid = ?", (rowid,))
        if not orphans:
            return


def switch_triggers(postgres: psycopg.Connection[Any], models: Sequence[Model], word: str) -> None:
    """ENABLE or DISABLE the triggers of tables that PostgreSQL has; foreign keys are none of these."""
    if postgres.execute("SELECT 1 FROM pg_trigger WHERE NOT tgisinternal LIMIT 1").fetchone():
        for model in models:
            postgres.execute(f"ALTER TABLE {model.postgres} {word} TRIGGER USER".encode())


def _absent(postgres: psycopg.Connection[Any], universe: Universe) -> set[str]:
    names = [model.postgres for model in universe.models]
    found = postgres.execute("SELECT to_regclass(n) IS NULL FROM unnest(%s::text[]) AS n", (names,)).fetchall()
    return {model.key for model, (missing,) in zip(universe.models, found, strict=True) if missing}


def _sequences(postgres: psycopg.Connection[Any], models: Sequence[Model]) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in models:
        if model.identity is not None:
            column = model.fields[model.identity]
            bare = column.postgres.strip('"').replace('""', '"')
            row = postgres.execute("SELECT pg_get_serial_sequence(%s, %s)", (model.postgres, bare)).fetchone()
            if row is not None and row[0]:
                found[model.key] = row[0]
    return found


def _defer(postgres: psycopg.Connection[Any]) -> None:
    """Let the foreign keys of tables that refer to each other be checked when all rows are in."""
    rows = postgres.execute(
        "SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE', conrelid::regclass, conname)"
        " FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable AND conparentid = 0"
    ).fetchall()
    for (text,) in rows:
        postgres.execute(text.encode())
    postgres.execute("SET CONSTRAINTS ALL DEFERRED")


def _names(model: Model) -> str:
    return ", ".join(quoted(each.name) for each in model.fields)
