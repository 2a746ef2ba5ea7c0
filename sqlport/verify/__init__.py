"""PostgreSQL's own judgement of ported statements: described and planned, never run where running could matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlport.model import ServerInfo, Verdict
from sqlport.verify._question import Question
from sqlport.verify._words import Way, way
from sqlport.verify.schema import SchemaFailure, SchemaResult, prepare_schema, schema_digest

if TYPE_CHECKING:
    from sqlport.engines.server import Server

__all__ = [
    "Question",
    "SchemaFailure",
    "SchemaResult",
    "Way",
    "claim",
    "judge",
    "prepare_schema",
    "schema_digest",
    "way",
]

#: `plan_cache_mode` makes EXPLAIN EXECUTE of servers before 16 show the generic plan.
_ASKING = (
    "-c default_transaction_read_only=on -c statement_timeout=10s -c lock_timeout=5s "
    "-c plan_cache_mode=force_generic_plan -c jit=off"
)


def judge(server: Server, schema: Sequence[str] | SchemaResult, questions: Sequence[Question]) -> list[Verdict]:
    """A verdict for each question, in order, from a copy of the schema's database.

    `schema` are ported DDL statements, or what `prepare_schema` made of them (see its `failures`). Queries and
    changes of rows are described and planned by the extended protocol in read-only transactions, never run;
    transaction control is only parsed; what is left is run and rolled back where `kind` is `run`.
    Raises SqlportError when the server goes away.
    """
    if isinstance(schema, SchemaResult):
        return _judge(server, schema, questions)
    prepared = prepare_schema(server, schema)
    try:
        return _judge(server, prepared, questions)
    finally:
        server.drop_database(prepared.database)


def _judge(server: Server, prepared: SchemaResult, questions: Sequence[Question]) -> list[Verdict]:
    verdicts: list[Verdict | None] = [_unaskable(question) for question in questions]
    ways = [way(question.sql) for question in questions]

    def pick(wanted: Way) -> list[int]:
        return [index for index, verdict in enumerate(verdicts) if verdict is None and ways[index] == wanted]

    planned, parsed, runnable = pick("plan"), pick("parse"), pick("run")
    if planned or parsed:
        from sqlport.verify._plan import plan

        with (
            server.database(prepared.database, owner=server.owner) as name,
            server.connect(name, user=server.owner or None, options=_ASKING) as connection,
        ):
            for index, verdict in zip(planned, plan(connection, [questions[i] for i in planned]), strict=True):
                verdicts[index] = verdict
            answers = plan(connection, [questions[i] for i in parsed], parse_only=True)
            for index, verdict in zip(parsed, answers, strict=True):
                grammar = verdict.kind == "verified"
                verdicts[index] = replace(verdict, reason="transaction control: parsed only") if grammar else verdict
    if runnable:
        from sqlport.verify._run import run

        answers = run(server, prepared.database, [questions[index] for index in runnable])
        for index, verdict in zip(runnable, answers, strict=True):
            verdicts[index] = verdict
    return [replace(verdict, server=server.info) for verdict in verdicts if verdict is not None]


def claim(server: ServerInfo, target: int | None) -> str:
    """What a verdict of this server says about PostgreSQL `target`; empty when it is that major or none is set."""
    if target is None or target == server.major:
        return ""
    return f"planned on {server.major}, target {target} unconfirmed"


def _unaskable(question: Question) -> Verdict | None:
    """The verdict of a text that is not sent to the server."""
    if "\0" in question.sql:
        message = "the text holds a NUL character, which PostgreSQL cannot receive"
        return Verdict("rejected", sqlstate="22021", message=message, position=question.sql.index("\0"))
    found = way(question.sql)
    if found == "none":
        return Verdict("verified", "nothing to run: the text is only comments")
    if found == "run" and question.kind != "run":
        return Verdict("unverified", "EXPLAIN cannot take it, and running it was not asked for")
    return None
