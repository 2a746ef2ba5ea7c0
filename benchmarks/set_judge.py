"""One database of a published set on both engines, and what becomes of each of its queries."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

import psycopg
import sqlglot
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from benchmarks.set_readers import Database, run_script
from sqlport.catalog import Catalog, from_sqlite
from sqlport.engines.server import Server
from sqlport.model import Applicability, Finding, Statement, Target
from sqlport.porting import Request, port_statement
from sqlport.prove.answers import on_postgres, on_sqlite
from sqlport.prove.compare import Mismatch, loose
from sqlport.prove.harvest import harvest
from sqlport.prove.load import Stage, fits
from sqlport.prove.model import Model, models
from sqlport.prove.pairs import Pair, Refused, pair_of
from sqlport.prove.trial import Outcome, tried
from sqlport.prove.universe import Row, Universe, deal
from sqlport.schema import Source, confirmed, port_schema
from sqlport.schema.port import in_key_order

if TYPE_CHECKING:
    from sqlport.rulebook import Rulebook
    from sqlport.semantics import Semantics

Kind = OneOf["equal", "empty", "type", "wrong", "rejected", "open", "aside"]
"""`empty`: equal, but without a row; `type`: equal, with a value of another type (5 as Decimal or as 5.0); `wrong`:
accepted with other rows; `open`: accepted, and SQLite's own answer changes with the order in which its rows lie;
`aside`: SQLite refuses it, or it takes too long."""

SESSION = "-c statement_timeout=20s -c jit=off -c client_min_messages=warning -c max_parallel_workers_per_gather=0"
_PLACEHOLDERS = frozenset(["PRM001", "PRM003"])


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, its port and the outcome; `flagged`: a finding tells that a person has to look."""

    database: str
    query: str
    port: str
    kind: Kind
    flagged: bool
    detail: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both engines with the same rows."""

    sqlite: sqlite3.Connection
    catalog: Catalog
    models: tuple[Model, ...]
    rows: Mapping[str, tuple[Row, ...]]


def judged(server: Server, database: Database, book: Rulebook) -> dict[str, list[Judged]]:
    """What becomes of each query: ported with safe fixes only, with unsafe ones, and by stock sqlglot."""
    with closing(_original(database)) as sqlite:
        catalog = from_sqlite(sqlite, database.name).catalog
        read = [(pair, meaning) for text in database.queries for pair, meaning in _pairs(text, catalog)]
        sides = _filled(sqlite, catalog, read)
        result: dict[str, list[Judged]] = {}
        with _ours(server, sides, book) as stage:
            for mode, unsafe in (("sqlport", False), ("sqlport --unsafe", True)):
                request = Request(Target(), catalog, book, lambda rule: True, unsafe=unsafe)
                result[mode] = [_ported(database.name, text, request, stage) for text in database.queries]
        sides = replace(sides, rows={model.key: _stored(sqlite, model) for model in sides.models})
        with _peers(server, sides) as stage:
            result["sqlglot"] = [_by_peer(database.name, text, catalog, stage) for text in database.queries]
    return result


def _original(database: Database) -> sqlite3.Connection:
    """The database in memory; text that is no UTF-8 has its bytes replaced."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.text_factory = lambda data: data.decode("utf-8", "replace").replace("\0", "")
    if database.file is not None:
        with closing(sqlite3.connect(f"{database.file.resolve().as_uri()}?mode=ro", uri=True)) as file:
            file.backup(connection)
    else:
        run_script(connection, database.script)
    return connection


def _pairs(text: str, catalog: Catalog) -> Iterator[tuple[Pair, Semantics]]:
    found = pair_of(_statement(text), text, (), (), catalog, Target())
    if not isinstance(found, Refused):
        yield found


def _statement(text: str) -> Statement:
    return Statement(text, "", 1, 1, 1, "sql", "sqlite", "", "", 1, text)


def _filled(sqlite: sqlite3.Connection, catalog: Catalog, read: Sequence[tuple[Pair, Semantics]]) -> _Sides:
    """The rows that are there; generated ones where there is none at all."""
    sqlite.execute("PRAGMA foreign_keys = OFF")
    found = harvest([(pair.parsed, semantics) for pair, semantics in read], catalog, Target())
    tables = models(catalog, Target(), found.dated, found.json)
    rows = {model.key: _stored(sqlite, model) for model in tables}
    if not any(rows.values()):
        rows = dict(deal(sqlite, tables, found, 0).rows)
    return _Sides(sqlite, catalog, tables, rows)


def _stored(sqlite: sqlite3.Connection, model: Model) -> tuple[Row, ...]:
    names = ", ".join(_quoted(field.name) for field in model.fields)
    return tuple(sqlite.execute(f"SELECT {names} FROM {_quoted(model.name)}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class NumericLoader(Loader):
    """A numeric as SQLite keeps one: an integer where it is whole, else a float."""

    def load(self, data: Buffer) -> int | float:
        value = float(bytes(data))
        return int(value) if value.is_integer() else value


@contextmanager
def _ours(server: Server, sides: _Sides, book: Rulebook) -> Iterator[Stage]:
    """PostgreSQL with the schema that sqlport makes of SQLite's."""
    schema = port_schema(Source("set", "database", sides.catalog), Target(), book)
    with server.database() as name:
        with server.connect(name) as connection:
            confirmed(schema, connection)
        with _loaded(server, name, sides) as stage:
            yield stage


@contextmanager
def _peers(server: Server, sides: _Sides) -> Iterator[Stage]:
    """PostgreSQL with the schema that stock sqlglot makes of SQLite's."""
    with server.database() as name:
        with server.connect(name) as connection:
            for table in in_key_order([each for each in sides.catalog if each.sql]):
                try:
                    for text in sqlglot.transpile(table.sql, read="sqlite", write="postgres"):
                        connection.execute(text.encode())
                except (sqlglot.errors.SqlglotError, psycopg.Error):
                    continue
        with _loaded(server, name, sides, peer=True) as stage:
            yield stage


@contextmanager
def _loaded(server: Server, name: str, sides: _Sides, *, peer: bool = False) -> Iterator[Stage]:
    """The rows in PostgreSQL, copied as they are. Values that a column cannot hold are NULL on both sides for
    sqlport, in PostgreSQL only for its peer, which would lose the row."""
    with server.connect(name, autocommit=False, options=SESSION) as connection:
        connection.prepare_threshold = None
        connection.adapters.register_loader("numeric", NumericLoader)
        connection.execute("SET session_replication_role = replica")  # orphans are copied, too
        absent = set()
        for model in sides.models:
            if connection.execute("SELECT to_regclass(%s)", (model.postgres,)).fetchone() == (None,):
                absent.add(model.key)
                continue
            _copied(connection, sides, model, peer=peer)
        connection.execute("ANALYZE")
        connection.execute("SAVEPOINT sqlport")
        yield Stage(sides.sqlite, connection, Universe(sides.models, sides.rows), {}, frozenset(absent))
        connection.rollback()


def _copied(connection: psycopg.Connection[Any], sides: _Sides, model: Model, *, peer: bool) -> None:
    rows = sides.rows[model.key]
    if fits(connection, model, rows):
        return
    types = dict(
        connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0",
            (model.postgres,),
        ).fetchall()
    )
    columns = [types.get(field.postgres.strip('"').replace('""', '"'), "text") for field in model.fields]
    known: dict[tuple[str, str], bool] = {}
    kept = [
        tuple(_held(connection, known, kind, value) for kind, value in zip(columns, row, strict=True)) for row in rows
    ]
    whole = fits(connection, model, kept)
    for row, new in zip(rows, kept, strict=True):
        taken = whole or fits(connection, model, [new])
        if not peer and (not taken or row != new):
            _replaced(sides.sqlite, model, row, new if taken else None)


def _held(connection: psycopg.Connection[Any], known: dict[tuple[str, str], bool], kind: str, value: Any) -> Any:
    """The value, or None where a column of that type cannot hold it."""
    if value is None or (kind in ("text", "citext") and isinstance(value, str)):
        return value
    if isinstance(value, int) and kind in ("bigint", "numeric", "double precision"):
        return value
    if isinstance(value, float) and kind in ("numeric", "double precision"):
        return value
    key = kind, str(value)
    if key not in known:
        try:
            with connection.transaction():
                connection.execute(f"SELECT CAST(%s::text AS {kind})".encode(), (str(value),))
            known[key] = True
        except psycopg.Error:
            known[key] = False
    return value if known[key] else None


def _replaced(sqlite: sqlite3.Connection, model: Model, row: Row, kept: Row | None) -> None:
    names = [_quoted(field.name) for field in model.fields]
    where = " AND ".join(f"{name} IS ?" for name in names)
    if kept is None:
        sqlite.execute(f"DELETE FROM {_quoted(model.name)} WHERE {where}", row)
    else:
        sets = ", ".join(f"{name} = ?" for name in names)
        sqlite.execute(f"UPDATE OR IGNORE {_quoted(model.name)} SET {sets} WHERE {where}", (*kept, *row))


def _ported(name: str, text: str, request: Request, stage: Stage) -> Judged:
    port = port_statement(text, (), request)
    codes = tuple(finding.code for finding in port.findings)
    kind, detail = _outcome(text, port.question, request.catalog, stage)
    return Judged(name, text, port.question, kind, flagged(port.findings), detail, codes)


def _by_peer(name: str, text: str, catalog: Catalog, stage: Stage) -> Judged:
    try:
        port = "; ".join(sqlglot.transpile(text, read="sqlite", write="postgres"))
    except sqlglot.errors.SqlglotError as error:
        ours = on_sqlite(stage.sqlite, text)
        if ours.error:
            return Judged(name, text, "", "aside", True, f"SQLite: {ours.message}")
        return Judged(name, text, "", "rejected", True, f"sqlglot: {str(error).splitlines()[0]}")
    kind, detail = _outcome(text, port, catalog, stage)
    return Judged(name, text, port, kind, False, detail)


def flagged(findings: Iterable[Finding]) -> bool:
    """Whether a finding asks for a person: one that is not fixed, or whose fix has a condition."""
    return any(
        finding.code not in _PLACEHOLDERS and (not finding.applied or finding.applicability is Applicability.UNSAFE)
        for finding in findings
    )


def _outcome(text: str, port: str, catalog: Catalog, stage: Stage) -> tuple[Kind, str]:
    found = pair_of(_statement(text), port, (), (), catalog, Target())
    if isinstance(found, Refused):
        kind, detail = _unread(text, port, stage, found)
    else:
        kind, detail = outcome_of(tried(stage, found[0], ()))
    if kind == "wrong" and _is_open(stage, text):
        return "open", f"row-order: SQLite answers otherwise when its rows lie in another order ({detail})"
    return kind, detail


def _is_open(stage: Stage, text: str) -> bool:
    """Whether SQLite itself answers otherwise on the same rows in another order, without indexes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        for model in stage.universe.models:
            names = ", ".join(_quoted(field.name) for field in model.fields)
            other.execute(f"CREATE TABLE {_quoted(model.name)} ({', '.join(_definitions(stage, model))})")
            rows = stage.sqlite.execute(f"SELECT {names} FROM {_quoted(model.name)}").fetchall()
            random.Random(1).shuffle(rows)
            marks = ", ".join("?" * len(model.fields))
            other.executemany(f"INSERT INTO {_quoted(model.name)} ({names}) VALUES ({marks})", rows)
        for (view,) in stage.sqlite.execute("SELECT sql FROM sqlite_master WHERE type = 'view'"):
            other.execute(view)
        before, after = on_sqlite(stage.sqlite, text), on_sqlite(other, text)
    return bool(after.error) or sorted(map(repr, map(loose, before.rows))) != sorted(map(repr, map(loose, after.rows)))


def _definitions(stage: Stage, model: Model) -> Iterator[str]:
    """The columns with their types, and nothing that would put rows in an order."""
    declared = {name: kind for _, name, kind, *_ in stage.sqlite.execute(f"PRAGMA table_xinfo({_quoted(model.name)})")}
    for field in model.fields:
        yield f"{_quoted(field.name)} {declared.get(field.name, '')}"


def _unread(text: str, port: str, stage: Stage, refused: Refused) -> tuple[Kind, str]:
    """A query that sqlport does not read or cannot compare: SQLite and PostgreSQL may do."""
    ours = on_sqlite(stage.sqlite, text)
    if ours.error:
        return "aside", f"SQLite: {ours.message}"
    theirs = on_postgres(stage.postgres, port)
    if theirs.error:
        return "rejected", f"{theirs.code} {theirs.message}"
    if sorted(map(repr, map(loose, ours.rows))) == sorted(map(repr, map(loose, theirs.rows))):
        return "equal", refused.reason
    return "wrong", refused.reason


def outcome_of(outcome: Outcome) -> tuple[Kind, str]:
    """The outcome of a comparison in the words of this benchmark."""
    if outcome.sqlite.error:
        return "aside", f"SQLite: {outcome.sqlite.message}"
    if outcome.postgres.error == "limit":
        return "aside", f"PostgreSQL: {outcome.postgres.message}"
    if outcome.postgres.error:
        return "rejected", f"{outcome.postgres.code} {outcome.postgres.message}"
    mismatch: Mismatch | None = outcome.mismatch
    if outcome.kind == "unproven":
        return "open", outcome.reason
    if outcome.kind == "differs" and mismatch is not None:
        if mismatch.aspect == "labels":
            ours, theirs = (sorted(map(repr, map(loose, each.rows))) for each in (outcome.sqlite, outcome.postgres))
            return ("equal", mismatch.summary) if ours == theirs else ("wrong", mismatch.summary)
        return ("type" if mismatch.aspect == "types" else "wrong"), mismatch.summary
    return ("empty" if outcome.kind == "empty" else "equal"), ""
