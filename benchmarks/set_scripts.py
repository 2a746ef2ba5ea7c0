"""Tests of SQLite itself on both engines: statements in their order, each on what those before it made."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlglot

from benchmarks.set_judge import SESSION, Judged, Kind, NumericLoader, flagged
from sqlport.catalog import Catalog, affinity, from_sqlite, is_definition
from sqlport.catalog.names import quote
from sqlport.engines.server import Server
from sqlport.model import Target
from sqlport.porting import Request, port_statement
from sqlport.prove.compare import loose
from sqlport.prove.order import is_ordered, misplaced, ranking
from sqlport.rulebook import Rulebook
from sqlport.script import part
from sqlport.semantics import tables_named
from sqlport.sql import read, split

_BLOCK = re.compile(
    r"^[ \t]*reset_db\b"
    r"|\b(?:execsql|catchsql|db\s+eval|do_(?:execsql|catchsql|eqp)_test\s+(?:-\w+\s+)?\S+)\s*(?=\{)",
    re.MULTILINE,
)
_ENGINE = re.compile(r"(?i)\s*(?:pragma|explain|attach|detach|vacuum|analyze|reindex)\b")
_ABOUT_ENGINE = re.compile(
    r"(?i)\bsqlite_(?:master|schema|temp_master|temp_schema|stat\d|sequence|dbpage|compileoption)"
)
_RECORD = re.compile(r"^(statement|query)\b[^\n]*\n(.*?)(?=^----|^[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_MOST_CALLS, _STEPS = 200, 20_000  # some 4 million instructions of SQLite's machine
_MOST_ROWS = 20_000
RESET = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A file of tests as statements; an empty one stands for a new, empty database."""

    name: str
    statements: tuple[str, ...]


def tcl(folder: Path) -> Iterator[Script]:
    """SQLite's own tests: the SQL in braces behind `execsql`, `do_execsql_test` and their like.

    What the test computes (`$x`) is left out.
    """
    for path in sorted(folder.rglob("*.test")):
        found = tuple(_of_tcl(path.read_text("utf-8", errors="replace")))
        if found:
            yield Script(path.stem, found)


def _of_tcl(text: str) -> Iterator[str]:
    at = 0
    while (match := _BLOCK.search(text, at)) is not None:
        at = match.end()
        if "reset_db" in match[0]:
            yield RESET
            continue
        end = _closing(text, at)
        block = text[at + 1 : end]
        at = end
        if "$" not in block and "\0" not in block:
            yield from (piece.span.of(block) for piece in split(block) if not piece.dot_command)


def _closing(text: str, start: int) -> int:
    """The brace that closes the one at `start` (Tcl counts them, also in strings)."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return len(text)


def slt(folder: Path) -> Iterator[Script]:
    """sqllogictest: records of a statement or a query; those for other engines only are left out."""
    for path in sorted(folder.rglob("*.test")):
        text = path.read_text("utf-8", errors="replace")
        found = tuple(_of_slt(text))
        if found:
            yield Script("/".join(path.parts[-3:]).removesuffix(".test"), found)


def _of_slt(text: str) -> Iterator[str]:
    for match in _RECORD.finditer(text):
        before = text[: match.start()].rsplit("\n\n", 1)[-1].splitlines()
        others = [line.split() for line in before if line.startswith(("skipif", "onlyif"))]
        if not any(
            words[:2] == ["skipif", "sqlite"] or (words[0] == "onlyif" and words[1] != "sqlite") for words in others
        ):
            yield match[2].strip().rstrip(";")


READERS: Mapping[str, Callable[[Path], Iterator[Script]]] = {"sqlite": tcl, "slt": slt}


def ran(server: Server, script: Script, book: Rulebook) -> dict[str, list[Judged]]:
    """What becomes of each statement: ported with safe and unsafe fixes, and by stock sqlglot."""
    types = _stored_types(script.statements)
    result = {}
    for mode, port in (("sqlport --unsafe", _ours(book)), ("sqlglot", _peer)):
        with server.database() as name, server.connect(name, options=SESSION) as postgres, _Run(postgres) as run:
            postgres.execute("CREATE EXTENSION IF NOT EXISTS citext")
            result[mode] = list(run.all(script, types, port))
    return result


Ported = tuple[str, bool, tuple[str, ...]]
"""The text, whether a finding asks for a person, and the codes of all findings."""
Port = Callable[[str, Catalog, Mapping[str, str], Sequence[str]], Ported]


def _ours(book: Rulebook) -> Port:
    def port(
        sql: str, catalog: Catalog, types: Mapping[str, str], before: Sequence[str]
    ) -> tuple[str, bool, tuple[str, ...]]:
        request = Request(Target(types=types), catalog, book, lambda rule: True, unsafe=True, before=part(before[-20:]))
        ported = port_statement(sql, (), request)
        return ported.question, flagged(ported.findings), tuple(finding.code for finding in ported.findings)

    return port


def _peer(
    sql: str, catalog: Catalog, types: Mapping[str, str], before: Sequence[str]
) -> tuple[str, bool, tuple[str, ...]]:
    try:
        return "; ".join(sqlglot.transpile(sql, read="sqlite", write="postgres")), False, ()
    except sqlglot.errors.SqlglotError:
        return sql, True, ()


def _stored_types(statements: Sequence[str]) -> Mapping[int, Mapping[str, str]]:
    """For the columns without a type that a statement defines the type of what the script stores there.

    It is what the owner of such a database would write into `[tool.sqlport.types]`.
    """
    found: dict[int, dict[str, set[str]]] = {}
    makers: dict[str, int] = {}
    connection = _sqlite()
    for number, sql in enumerate(statements):
        if sql == RESET:
            connection.close()
            connection, makers = _sqlite(), {}
            continue
        if _on_sqlite(connection, sql) is None:
            continue
        if is_definition(sql):
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                makers.setdefault(name, number)
            standing = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            makers = {name: maker for name, maker in makers.items() if name in standing}
        for name, maker in makers.items():
            if re.search(rf"(?i)\b{re.escape(name)}\b", sql):
                for column, kinds in _kinds(connection, name):
                    found.setdefault(maker, {}).setdefault(f"{name}.{column}", set()).update(kinds)
    connection.close()
    return {maker: {key: _type(kinds) for key, kinds in columns.items()} for maker, columns in found.items()}


def _kinds(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, set[str]]]:
    with suppress(sqlite3.Error):
        for row in connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall():
            if affinity(row[2]) == "BLOB" and row[2].upper() != "BLOB":
                text = f"SELECT DISTINCT typeof({_quoted(row[1])}) FROM (SELECT * FROM {_quoted(table)} LIMIT 2000)"
                yield row[1], {kind for (kind,) in connection.execute(text)}


def _type(kinds: set[str]) -> str:
    kinds = kinds - {"null"}
    if kinds == {"integer"}:
        return "bigint"
    if kinds and kinds <= {"integer", "real"}:
        return "double precision"
    return "bytea" if kinds == {"blob"} else "text"


def _sqlite() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _on_sqlite(connection: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]] | None:
    """The rows; None where SQLite refuses it or needs too long."""
    calls = iter(range(_MOST_CALLS))
    connection.set_progress_handler(lambda: int(next(calls, None) is None), _STEPS)
    try:
        if _ENGINE.match(sql) or _ABOUT_ENGINE.search(sql):
            return None
        rows = connection.execute(sql).fetchmany(_MOST_ROWS + 1)
        return rows if len(rows) <= _MOST_ROWS else None
    except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError, OverflowError):
        return None
    finally:
        connection.set_progress_handler(None, 0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Run:
    """Both engines while a script runs."""

    def __init__(self, postgres: psycopg.Connection[Any]) -> None:
        self._postgres = postgres
        self._sqlite = _sqlite()
        postgres.prepare_threshold = None
        postgres.adapters.register_loader("numeric", NumericLoader)

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._sqlite.close()

    def all(self, script: Script, types: Mapping[int, Mapping[str, str]], port: Port) -> Iterator[Judged]:
        """Each statement in turn. Where a write ends otherwise, its table is made equal again."""
        known: dict[str, str] = {}
        catalog: Catalog | None = None
        done: list[str] = []
        for number, sql in enumerate(script.statements):
            if sql == RESET:
                self._reset()
                known, catalog, done = {}, None, []
                continue
            known.update(types.get(number, {}))
            if catalog is None:
                catalog = from_sqlite(self._sqlite).catalog
            at_hand = catalog
            ours = _on_sqlite(self._sqlite, sql)
            if ours is None:
                yield Judged(script.name, sql, "", "aside", True, "SQLite refuses it, or it is about the engine")
                continue
            if is_definition(sql):
                catalog = from_sqlite(self._sqlite).catalog
            try:
                text, is_flagged, codes = port(sql, _joined(at_hand, catalog), known, done)
            except (LookupError, AttributeError, AssertionError, TypeError, ValueError) as error:
                yield Judged(script.name, sql, "", "rejected", False, f"crash: {error!r}")
                self._repair(tables_named(read(sql), catalog))
                continue
            kind, detail = self._compared(sql, text, ours, catalog)
            done.append(sql)
            yield Judged(script.name, sql, text, kind, is_flagged, detail, codes)

    def _reset(self) -> None:
        self._sqlite.close()
        self._sqlite = _sqlite()
        self._postgres.rollback()
        self._postgres.execute("DROP SCHEMA public CASCADE")
        self._postgres.execute("CREATE SCHEMA public")
        self._postgres.execute("CREATE EXTENSION citext")

    def _compared(self, sql: str, text: str, ours: list[tuple[Any, ...]], catalog: Catalog) -> tuple[Kind, str]:
        parsed = read(sql)
        theirs = self._on_postgres(text)
        writes = (
            parsed.kind.split(" ")[0] in ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH") if parsed.kind else False
        )
        tables = tables_named(parsed, catalog) if writes else {}
        if isinstance(theirs, str):
            self._repair(tables)
            return "rejected", theirs
        for name, table in tables.items():
            if table is not None and table.kind == "table" and not self._is_same(name):
                self._repair({name: table})
                return "wrong", f"table {name} is another one afterwards"
        if _bag(ours) != _bag(theirs):
            only = next((row for row in ours if loose(row) not in set(map(loose, theirs))), None)
            return "wrong", f"SQLite has {only!r}, PostgreSQL {theirs[:1]!r}"
        if is_ordered(parsed) and list(map(loose, ours)) != list(map(loose, theirs)):
            ranks = ranking(self._sqlite, parsed, ())
            if ranks is not None and misplaced(ranks, theirs) is not None:
                return "wrong", "the order of the rows"
        return ("equal" if ours else "empty"), ""

    def _on_postgres(self, text: str) -> list[tuple[Any, ...]] | str:
        """The rows of the last statement, or the error; a transaction goes on after an error."""
        inside = self._postgres.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
        try:
            if inside:
                self._postgres.execute("SAVEPOINT one")
            rows: list[tuple[Any, ...]] = []
            for piece in split(text):
                cursor = self._postgres.execute(piece.span.of(text).encode("utf-8", "replace"))
                rows = cursor.fetchall() if cursor.description else []
            return rows
        except psycopg.Error as error:
            if self._postgres.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
                self._postgres.execute("ROLLBACK TO SAVEPOINT one" if inside else "ROLLBACK")
            return f"{error.sqlstate} {error.diag.message_primary or str(error).strip()}"

    def _is_same(self, name: str) -> bool:
        try:
            ours = self._sqlite.execute(f"SELECT * FROM {_quoted(name)}").fetchall()
        except sqlite3.Error:
            return True
        theirs = self._on_postgres(f"SELECT * FROM {quote(name)}")
        return not isinstance(theirs, str) and _bag(ours) == _bag(theirs)

    def _repair(self, tables: Mapping[str, object]) -> None:
        """Put SQLite's rows into the tables, so that one failure counts once."""
        for name in tables:
            with suppress(sqlite3.Error):
                rows = self._sqlite.execute(f"SELECT * FROM {_quoted(name)}").fetchall()
                marks = ", ".join(["%s"] * len(rows[0])) if rows else ""
                with suppress(psycopg.Error), self._postgres.transaction():
                    self._postgres.execute("SET LOCAL session_replication_role = replica")
                    self._postgres.execute(f"DELETE FROM {quote(name)}".encode())
                    for row in rows:
                        self._postgres.execute(f"INSERT INTO {quote(name)} VALUES ({marks})".encode(), _plain(row))


def _plain(row: tuple[Any, ...]) -> list[Any]:
    """Numbers as texts of no type, which every column takes."""
    return [str(value) if isinstance(value, int | float) else value for value in row]


def _joined(before: Catalog, after: Catalog) -> Catalog:
    """What a definition makes, and what it removes."""
    return before if before is after else before.overlaid(after)


def _bag(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    return sorted(repr(loose(row)) for row in rows)
