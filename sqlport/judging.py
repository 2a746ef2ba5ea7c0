"""Ports put to PostgreSQL: what is asked for each, with which tables, and what its answer means for the user."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlport.model import Edit, HoleKind, ServerInfo, SqlportError, Statement, Target, Verdict
from sqlport.tables import Schema, tables_of
from sqlport.verify import Question, SchemaFailure, judge, ledger, prepare_schema, schema_digest
from sqlport.verify.result_types import changed_types

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.engines.server import Server
    from sqlport.model import Ported, StatementPort
    from sqlport.rulebook import Rulebook
    from sqlport.verify import SchemaResult

_ASKABLE = frozenset([HoleKind.VALUE, HoleKind.PLACEHOLDERS, HoleKind.ORDER, HoleKind.INSIDE_STRING])
_UNKNOWN_NAME = frozenset(["42P01", "42703", "42704", "3F000"])  # table, column, object, schema
_STALE = Verdict(
    "rejected", "stale", message="the ledger has no verdict on this text with these tables; run sqlport verify"
)
_NUMBERED = re.compile(r"\$(\d+)\b")
_OF_RUST = {"int": "i64", "str": "String"}
_NAMED = re.compile(r'relation "(?:[^".]*\.)?([^"]+)" does not exist')
_PSYCOPG = re.compile(r"%%|%\((?P<name>\w+)\)s|%s")


@dataclass(frozen=True, slots=True)
class Case:
    """A port and what the server is asked about it (None: a hole stands for text that nobody knows)."""

    ported: Ported
    question: Question | None


@dataclass(frozen=True, slots=True)
class Docket:
    """The ports that share a schema; `ddl` is that schema as PostgreSQL takes it."""

    schema: Schema
    ddl: tuple[str, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on each port by statement id, and the server that gave them (None: no server was asked)."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    server: ServerInfo | None = None


def dockets(ported: Sequence[Ported], config: Config, book: Rulebook) -> tuple[Docket, ...]:
    """The ports by schema."""
    tables = tables_of([one.statement for one in ported], config)
    groups: dict[str, list[Ported]] = {}
    for one in ported:
        groups.setdefault(tables.of(one.statement.path).name, []).append(one)
    found = []
    for group in groups.values():
        schema = tables.of(group[0].statement.path)
        cases = tuple(Case(one, question_of(one)) for one in group)
        found.append(Docket(schema, tuple(definitions(schema, config, book)), cases))
    return tuple(found)


def judged(
    asked: Sequence[Docket],
    config: Config,
    progress: Callable[[str, int, int], None] | None,
    *,
    optional: bool = False,
) -> Judgement:
    """PostgreSQL's verdict on every port, on the throwaway server that the configuration names.

    Raises SqlportError where no server can be had, unless it is `optional`: then every verdict is `unverified`
    with the reason `no-server`.
    """
    from sqlport.engines.postgres import throwaway

    if not asked:
        return Judgement()
    try:
        with throwaway(config.postgres, config.postgres_version) as server:
            verdicts: dict[str, Verdict] = {}
            for number, docket in enumerate(asked):
                if progress is not None:
                    progress("asking PostgreSQL", number, len(asked))
                prepared = prepare_schema(server, docket.ddl)
                verdicts.update(of_docket(server, docket, prepared, config.target))
                server.drop_database(prepared.database)
            return Judgement(verdicts, server.info)
    except SqlportError as error:
        if not optional:
            raise
        missing = Verdict("unverified", "no-server", message=str(error))
        return Judgement({case.ported.statement.id: missing for docket in asked for case in docket.cases})


def of_docket(server: Server, docket: Docket, prepared: SchemaResult, target: Target) -> Mapping[str, Verdict]:
    """The verdict on each port of a docket whose schema is `prepared` on the server."""
    verdicts = {
        case.ported.statement.id: Verdict("unverified", "hole", message="the text is not known there")
        for case in docket.cases
        if case.question is None
    }
    verdicts.update(
        (case.ported.statement.id, Verdict("unverified", "branch", message="the program does not run it on PostgreSQL"))
        for case in docket.cases
        if case.ported.statement.branch
    )
    asked = [(case.ported, case.question) for case in docket.cases if case.question is not None]
    prepared = prepare_schema(server, docket.ddl)
    answers = judge(server, prepared, [question for _, question in asked])
    server.drop_database(prepared.database)
    with closing(_original_tables(docket.schema)) as sqlite:
        for (one, _), verdict in zip(asked, answers, strict=True):
            explained = _explained(one, verdict, sqlite, prepared.failures)
            changed = changed_types(one.statement.sql, explained, docket.schema.catalog, target)
            said = "; ".join(filter(None, (explained.message, changed)))
            verdicts[one.statement.id] = replace(explained, message=said) if changed else explained
    return verdicts


def remember(asked: Sequence[Docket], judgement: Judgement, config: Config, *, whole: bool) -> None:
    """Put the verdicts into the ledger; after a look at the `whole` project, take out what nothing asks for.

    Raises SqlportError where the ledger cannot be read or written.
    """
    if judgement.server is None:
        return
    major = judgement.server.major
    entries = [
        ledger.entry(
            one.statement.sql,
            question.sql,
            digest,
            config.target,
            major,
            verdict=judgement.verdicts[one.statement.id],
            types=question.types,
        )
        for one, question, digest in _keyed(asked)
    ]
    ledger.store(config.root, entries)
    if not whole:
        return
    known = {key: entry for key, entry in ledger.load(config.root).items() if entry.major == major}
    ledger.prune(config.root, ledger.stale(known, (entry.key for entry in entries)))


def from_ledger(asked: Sequence[Docket], config: Config) -> Judgement:
    """The verdicts of the committed ledger; what is not in it is `rejected` with the reason `stale`.

    Raises SqlportError where the ledger cannot be read.
    """
    entries = ledger.load(config.root)
    verdicts = {
        case.ported.statement.id: Verdict("unverified", "hole", message="the text is not known there")
        for docket in asked
        for case in docket.cases
        if case.question is None
    }
    for one, question, digest in _keyed(asked):
        entry = ledger.lookup(entries, one.statement.sql, question.sql, digest, config.target, types=question.types)
        verdicts[one.statement.id] = entry.verdict if entry is not None else _STALE
    return Judgement(verdicts)


def _keyed(asked: Sequence[Docket]) -> Iterator[tuple[Ported, Question, str]]:
    for docket in asked:
        digest = schema_digest(docket.ddl)
        for case in docket.cases:
            if case.question is not None:
                yield case.ported, case.question, digest


def definitions(schema: Schema, config: Config, book: Rulebook) -> list[str]:
    """The schema as PostgreSQL DDL: SQLite's own definitions through the same rules as every statement."""
    from sqlport.catalog.helpers import definitions as helpers
    from sqlport.porting import Request, port_statement
    from sqlport.sql import split

    request = Request(config.target, schema.catalog, book, lambda rule: True, unsafe=True)
    texts = [port_statement(sql, (), request).question for sql in schema.definitions]
    ported = [piece.span.of(text) for text in texts for piece in split(text)]
    if any("citext" in sql for sql in (*ported, *schema.postgres)):
        ported.insert(0, "CREATE EXTENSION IF NOT EXISTS citext")
    return [*(sql for _, sql in helpers(config.target)), *ported, *schema.postgres]


def question_of(one: Ported) -> Question | None:
    """What the server is asked about a port; None where a hole stands for text that nobody knows.

    A hole for a value, or for a list of them, becomes a parameter.
    """
    statement, port = one.statement, one.port
    if statement.branch:
        return None
    if statement.dialect == "postgres":
        return _as_it_stands(statement)
    if any(hole.kind not in _ASKABLE for hole in port.question_holes):
        return None
    from sqlport.sql import apply

    count = len(port.question_parameters)
    width = _width(port) if any(hole.kind is HoleKind.PLACEHOLDERS for hole in port.question_holes) else 1
    edits: list[Edit] = []
    for hole in port.question_holes:
        if hole.kind is HoleKind.ORDER:
            edits.append(Edit(hole.start, hole.end, ""))
        elif hole.kind is not HoleKind.INSIDE_STRING:
            numbers = range(count + 1, count + (width if hole.kind is HoleKind.PLACEHOLDERS else 1) + 1)
            edits.append(Edit(hole.start, hole.end, ", ".join(f"${number}" for number in numbers)))
            count += len(numbers)
    known = [_sent(statement, key) for key in port.question_parameters]
    types = (*known, *[None] * (count - len(known)))
    return Question(apply(port.question, edits), types, kind="run")


def _width(port: StatementPort) -> int:
    """How many values a list of placeholders stands for: in an INSERT as many as columns are named, else one."""
    from sqlglot import exp

    from sqlport.sql import read

    tree = read(port.question, port.question_holes).tree
    if not isinstance(tree, exp.Insert) or not isinstance(tree.this, exp.Schema):
        return 1
    rows = tree.expression.expressions if isinstance(tree.expression, exp.Values) else []
    return max(len(tree.this.expressions) - len(rows[0].expressions) + 1, 1) if rows else 1


def _sent(statement: Statement, key: int | str) -> str | None:
    """The type that the driver sends for a parameter; sqlx's macros send none, they ask the server."""
    known = statement.arguments.types.get(key)
    if statement.host != "rust":
        return known
    return None if statement.sink.endswith("!") else _OF_RUST.get(known or "", known)


def _as_it_stands(statement: Statement) -> Question | None:
    """A statement that is PostgreSQL's already, with psycopg's placeholders numbered."""
    if statement.holes:
        return None
    if not statement.arguments.passed and "%s" not in statement.sql:
        return Question(statement.sql, kind="run")
    if statement.host == "rust":
        last = max((int(number) for number in _NUMBERED.findall(statement.sql)), default=0)
        return Question(statement.sql, tuple(_sent(statement, key) for key in range(last)), kind="run")
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        return f"${numbers.setdefault(match['name'] or str(match.start()), len(numbers) + 1)}"

    sql = _PSYCOPG.sub(number, statement.sql)
    return Question(sql, tuple(None for _ in numbers), kind="run")


def _original_tables(schema: Schema) -> sqlite3.Connection:
    from sqlport.engines.sqlite import scratch

    connection = scratch()
    for sql in schema.definitions:
        # What fails here could not be read into the catalog either, which has said so.
        with suppress(sqlite3.Error):
            connection.execute(sql)
    return connection


def _explained(one: Ported, verdict: Verdict, sqlite: sqlite3.Connection, failures: Sequence[SchemaFailure]) -> Verdict:
    """A rejection as `unverified` where it says nothing about the port.

    What SQLite refuses as well, with the tables that are known, lacks a table (`no-schema`), and so does what
    reads a table whose own port PostgreSQL rejects; where a finding is left that a person has to act on, that
    one explains it (`manual-left`).
    """
    if verdict.kind != "rejected":
        return verdict
    if verdict.sqlstate in _UNKNOWN_NAME:
        if one.statement.dialect == "postgres":  # a table may be made by what was not given
            missing = _failed(verdict, failures) or (verdict.message if verdict.sqlstate == "42P01" else "")
        else:
            missing = _missing(one, sqlite) or _failed(verdict, failures)
        if missing:
            return replace(verdict, kind="unverified", reason="no-schema", message=missing)
    if one.port.left:
        return replace(verdict, kind="unverified", reason="manual-left")
    return verdict


def _failed(verdict: Verdict, failures: Sequence[SchemaFailure]) -> str:
    """What PostgreSQL said of the definition of the table that a statement misses; empty if it never saw it."""
    named = _NAMED.search(verdict.message)
    if named is None:
        return ""
    wanted = re.compile(rf"(?i)^CREATE\b[^(]*?\b{re.escape(named[1])}\b")
    for failure in failures:
        if wanted.match(failure.statement):
            return f"{named[1]} is not there, since its port is rejected: {failure.sqlstate} {failure.message}"
    return ""


def _missing(one: Ported, sqlite: sqlite3.Connection) -> str:
    """What SQLite misses for the original statement; empty where it takes it."""
    sql = one.statement.sql
    for hole in reversed(one.statement.holes):
        stands = "NULL" if hole.kind in (HoleKind.VALUE, HoleKind.PLACEHOLDERS) else ""
        sql = sql[: hole.start] + stands + sql[hole.end :] if hole.kind is not HoleKind.INSIDE_STRING else sql
    try:
        sqlite.execute("EXPLAIN " + sql, _nothing(sql)).close()
    except sqlite3.Error as error:
        return str(error) if str(error).startswith("no such") and "function" not in str(error) else ""
    return ""


def _nothing(sql: str) -> Sequence[None] | Mapping[str, None]:
    """NULL for every parameter."""
    from sqlport.sql import read

    keys = [placeholder.key for placeholder in read(sql).placeholders]
    if any(isinstance(key, str) for key in keys):
        return {str(key): None for key in keys}
    return [None] * (max((key for key in keys if isinstance(key, int)), default=-1) + 1)
