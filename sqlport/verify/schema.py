"""Applies a ported schema to a database of its own, in whatever order its statements come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.verify._pipeline import Refusal, encoded, refusal
from sqlport.verify._words import leading_words, way

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

    from sqlport.engines.server import Server

_ACTIVE_TRANSACTION = "25001"


@dataclass(frozen=True, slots=True)
class SchemaFailure:
    """A statement that PostgreSQL refused; `position` is the 0-based offset of the error in `statement`."""

    index: int
    statement: str
    sqlstate: str
    message: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class SchemaResult:
    """The database that holds the schema (nobody is connected to it: copy it), and what could not be applied.

    `digest` names the schema in cache and ledger keys: it depends on the statements alone.
    """

    database: str
    failures: tuple[SchemaFailure, ...]
    digest: str


def schema_digest(ddl: Sequence[str]) -> str:
    """A name for these statements in this order."""
    return hashlib.sha256(encoded("\0".join(statement.strip() for statement in ddl))).hexdigest()


def prepare_schema(server: Server, ddl: Sequence[str]) -> SchemaResult:
    """Apply the statements to a new database that lives as long as the server.

    Each runs in a savepoint; those that fail are tried again while any of them succeeds, so that a foreign key
    may name a table that comes later. The role has no rights over the server; extensions are made beforehand.
    """
    name = server.create_database(owner=server.owner)
    left = _extensions(server, name, [(index, text) for index, text in enumerate(ddl) if way(text) != "none"])
    with server.connect(name, user=server.owner or None) as connection:
        failures = _apply(connection.pgconn, left)
    return SchemaResult(name, tuple(failures), schema_digest(ddl))


def _extensions(server: Server, database: str, statements: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Run every CREATE EXTENSION that succeeds with all rights, and return the statements that are left."""
    ours = [each for each in statements if leading_words(each[1], 2) == ("CREATE", "EXTENSION")]
    if not ours:
        return statements
    done: set[int] = set()
    with server.connect(database) as connection:
        for index, text in ours:
            if _execute(connection.pgconn, text) is None:
                done.add(index)
    return [each for each in statements if each[0] not in done]


def _apply(connection: PGconn, statements: list[tuple[int, str]]) -> list[SchemaFailure]:
    waiting, alone = list(statements), []
    refused: dict[int, Refusal] = {}
    _execute(connection, "BEGIN")
    while waiting:
        again: list[tuple[int, str]] = []
        for index, text in waiting:
            if way(text) == "parse":
                continue  # BEGIN and COMMIT of a dump: the whole schema is one transaction here
            problem = _in_savepoint(connection, text)
            if problem is None:
                refused.pop(index, None)
            elif problem.sqlstate == _ACTIVE_TRANSACTION:
                alone.append((index, text))
            else:
                refused[index] = problem
                again.append((index, text))
        if len(again) == len(waiting):
            break
        waiting = again
    _execute(connection, "COMMIT")
    for index, text in alone:
        problem = _execute(connection, text)
        if problem is not None:
            refused[index] = problem
    texts = dict(statements)
    return [
        SchemaFailure(index, texts[index], each.sqlstate, each.message, each.position - 1 if each.position else None)
        for index, each in sorted(refused.items())
    ]


def _in_savepoint(connection: PGconn, text: str) -> Refusal | None:
    _execute(connection, "SAVEPOINT sqlport_schema")
    problem = _execute(connection, text)
    if problem is not None:
        _execute(connection, "ROLLBACK TO SAVEPOINT sqlport_schema")
    _execute(connection, "RELEASE SAVEPOINT sqlport_schema")
    return problem


def _execute(connection: PGconn, text: str) -> Refusal | None:
    """Run one statement by the extended protocol, which refuses a text with several."""
    if "\0" in text:
        return Refusal("22021", "the text holds a NUL character, which PostgreSQL cannot receive", "", 0)
    return refusal([connection.exec_params(encoded(text), None)])
