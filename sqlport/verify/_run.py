"""Judges what EXPLAIN cannot take (DDL, SET, COPY) by running it in a transaction that is rolled back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.model import ResultColumn, Verdict
from sqlport.sql.split import split
from sqlport.verify._pipeline import Refusal, encoded, refusal
from sqlport.verify._plan import refused_verdict
from sqlport.verify._words import leading_words

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from sqlport.engines.server import Server
    from sqlport.verify._question import Question

_LIMITS = "-c statement_timeout=10s -c lock_timeout=5s"

#: SQLSTATEs that speak of the place where we ask, not of the statement
#: (PostgreSQL documentation, Appendix A).
_NOT_ITS_FAULT = {
    "42501": "needs rights that the role on the throwaway server does not have",
    "25001": "cannot run inside a transaction, so it was not tried",
    "26000": "needs a statement prepared earlier in the session",
    "34000": "needs a cursor opened earlier in the session",
    "55P03": "waited too long for a lock",
    "0A000": "not supported by the throwaway server",
}

#: Work on one database that cannot be rolled back: it runs on a copy of its own.
_MAINTENANCE = frozenset({"VACUUM", "REINDEX", "CLUSTER"})

#: Statements with code of their own, or reaching beyond the database: only where the role has no such rights.
_FAR_REACHING = frozenset({"DO", "CALL", "LOAD"})

_TRIGGER = re.compile(r"(?i)CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|TRIGGER)\b")
_TABLE = re.compile(r"(?i)\s*CREATE\s+TABLE\b")
_KEY = re.compile(r"(?i)(ALTER\s+TABLE|DO)\b")
_EXISTS = re.compile(r'^relation "(?P<name>.+)" already exists')
_COLUMN_EXISTS = re.compile(r'^column "(?P<column>.+)" of relation "(?P<name>.+)" already exists')
_TRIGGER_EXISTS = re.compile(r'^trigger "(?P<trigger>.+)" for relation "(?P<name>.+)" already exists')
_CONSTRAINT_EXISTS = re.compile(r'^constraint "(?P<constraint>.+)" for relation "(?P<name>.+)" already exists')
_DUPLICATE_RELATION, _DUPLICATE_COLUMN = "42P07", "42701"
_DUPLICATES = frozenset({"42710", "42723", "42P06", _DUPLICATE_RELATION, _DUPLICATE_COLUMN})


def run(server: Server, database: str, questions: Sequence[Question]) -> list[Verdict]:
    """Run each statement alone on a copy of `database` and undo it."""
    verdicts: list[Verdict] = []
    with (
        server.database(database, owner=server.owner) as name,
        server.connect(name, user=server.owner or None, options=_LIMITS) as connection,
    ):
        for question in questions:
            reason = _unfit(question.sql, trusted=bool(server.owner))
            verdicts.append(Verdict("unverified", reason) if reason else _rolled_back(connection.pgconn, question))
    for index, question in enumerate(questions):
        if verdicts[index].sqlstate == "25001" and _is_maintenance(question.sql):
            verdicts[index] = _on_own_copy(server, database, question)
    return verdicts


def _unfit(sql: str, *, trusted: bool) -> str:
    """Why a statement is not run at all; empty when it may be."""
    words = (*leading_words(sql, 2), "", "")
    if words[0] == "EXPLAIN" and re.search(r"(?i)\bANALY[ZS]E\b", sql):
        return "EXPLAIN ANALYZE would run the statement"
    if words[0] == "COPY" and not re.search(r"(?i)\b(FROM\s+STDIN|TO\s+STDOUT)\b", sql):
        return "COPY would reach files or programs of the server"
    if words[0] in _FAR_REACHING and not trusted:
        return f"{words[0]} could reach beyond the scratch database of this server"
    if words[:2] == ("ALTER", "SYSTEM"):
        return "ALTER SYSTEM would change the server"
    return ""


def _is_maintenance(sql: str) -> bool:
    words = leading_words(sql, 4)
    return bool(words) and (words[0] in _MAINTENANCE or "CONCURRENTLY" in words)


def _rolled_back(connection: PGconn, question: Question) -> Verdict:
    notices: list[Refusal] = []

    def note(result: PGresult) -> None:
        from psycopg.pq import DiagnosticField

        state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
        words = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
        notices.append(Refusal(state, words, "", 0))

    connection.notice_handler = note
    _plain(connection, "BEGIN")
    try:
        if question.search_path:
            names = ", ".join(quoted(each) for each in question.search_path)
            _plain(connection, f"SET LOCAL search_path = {names}")
        for _ in range(len(question.sql) // 20 + 2):
            notices.clear()
            _plain(connection, "SAVEPOINT sqlport_run")
            verdict = _execute(connection, question)
            # `IF NOT EXISTS` on something that the schema has says nothing about the statement either.
            doubled = _duplicate(verdict, notices)
            if doubled is None:
                return verdict
            _plain(connection, "ROLLBACK TO SAVEPOINT sqlport_run")
            if not _set_aside(connection, doubled):
                return Verdict("unverified", "already exists in the schema", doubled.sqlstate, doubled.message)
        return Verdict("unverified", "already exists in the schema")
    finally:
        connection.notice_handler = None
        _plain(connection, "ROLLBACK")
        _plain(connection, "DEALLOCATE ALL")


def _duplicate(verdict: Verdict, notices: Sequence[Refusal]) -> Refusal | None:
    """What the statement would make but the schema has already: the code's own DDL made it."""
    if verdict.sqlstate in _DUPLICATES:
        return Refusal(verdict.sqlstate, verdict.message, "", 0)
    skipped = (each for each in notices if each.sqlstate in _DUPLICATES and "skipping" in each.message)
    return next(skipped, None)


def _set_aside(connection: PGconn, doubled: Refusal) -> bool:
    """Give the old relation another name, or drop the old column, key or trigger; all is rolled back anyway."""
    match = _COLUMN_EXISTS.match(doubled.message) if doubled.sqlstate == _DUPLICATE_COLUMN else None
    if match:
        table, column = quoted(match["name"]), quoted(match["column"])
        return _plain(connection, f"ALTER TABLE {table} DROP COLUMN {column} CASCADE") is None
    match = _TRIGGER_EXISTS.match(doubled.message)
    if match:
        table, trigger = quoted(match["name"]), quoted(match["trigger"])
        return _plain(connection, f"DROP TRIGGER {trigger} ON {table}") is None
    match = _CONSTRAINT_EXISTS.match(doubled.message)
    if match:
        table, constraint = quoted(match["name"]), quoted(match["constraint"])
        return _plain(connection, f"ALTER TABLE {table} DROP CONSTRAINT {constraint}") is None
    match = _EXISTS.match(doubled.message)
    if not match:
        return False
    aside = quoted("sqlport_aside_" + secrets.token_hex(6))
    return _plain(connection, f"ALTER TABLE {quoted(match['name'])} RENAME TO {aside}") is None


def _execute(connection: PGconn, question: Question) -> Verdict:
    """Run a statement, or those that one statement of SQLite became.

    That are a trigger's function and the trigger, or a table and the foreign keys that other tables have to it.
    """
    pieces = split(question.sql)
    texts = [piece.span.of(question.sql) for piece in pieces]
    if not all(map(_TRIGGER.match, texts)) and not (_TABLE.match(question.sql) and all(map(_KEY.match, texts[1:]))):
        return _execute_one(connection, question)
    verdict = Verdict("verified")
    for piece in pieces:
        verdict = _execute_one(connection, replace(question, sql=piece.span.of(question.sql)))
        if verdict.kind != "verified":
            if verdict.position is not None:
                verdict = replace(verdict, position=verdict.position + piece.span.start)
            break
    return verdict


def _execute_one(connection: PGconn, question: Question) -> Verdict:
    """Prepare, describe and run by the extended protocol, with NULL for every parameter."""
    prepared = connection.prepare(b"", encoded(question.sql))
    refused = refusal([prepared])
    if refused is None:
        described = connection.describe_prepared(b"")
        result = connection.exec_params(encoded(question.sql), [None] * described.nparams)
        refused = refusal([_copied(connection, result)])
        if refused is None:
            return Verdict("verified", columns=_columns(connection, described))
    reason = _NOT_ITS_FAULT.get(refused.sqlstate)
    if reason is None:
        return refused_verdict(refused)
    return Verdict("unverified", reason, refused.sqlstate, refused.message)


def _columns(connection: PGconn, described: PGresult) -> tuple[ResultColumn, ...]:
    """Label and type name of every column that the statement returns."""
    columns = []
    for number in range(described.nfields):
        values = [str(described.ftype(number)).encode(), str(described.fmod(number)).encode()]
        answer = connection.exec_params(b"SELECT format_type($1, $2)", values)
        label = (described.fname(number) or b"").decode()
        columns.append(ResultColumn(label, (answer.get_value(0, 0) or b"").decode()))
    return tuple(columns)


def _copied(connection: PGconn, result: PGresult) -> PGresult:
    """The end of a COPY: nothing is sent in, what comes out is thrown away."""
    from psycopg.pq import ExecStatus

    if result.status == ExecStatus.COPY_IN:
        connection.put_copy_end()
    elif result.status == ExecStatus.COPY_OUT:
        while connection.get_copy_data(0)[0] > 0:
            pass
    else:
        return result
    last = result
    while (following := connection.get_result()) is not None:
        last = following
    return last


def _on_own_copy(server: Server, database: str, question: Question) -> Verdict:
    """Outside a transaction, on a copy that is dropped."""
    with (
        server.database(database, owner=server.owner) as name,
        server.connect(name, user=server.owner or None, options=_LIMITS) as connection,
    ):
        return _execute(connection.pgconn, question)


def _plain(connection: PGconn, text: str) -> Refusal | None:
    return refusal([connection.exec_params(encoded(text), None)])
