"""Talks to PostgreSQL by the extended protocol in a pipeline: many requests on their way, one Sync for each."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.model import SqlportError

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

#: A request queues libpq commands; `exchange` adds the Sync that ends it.
Request = Callable[["PGconn"], None]

_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What PostgreSQL said against a request: `position` is 1-based in the text that was sent, 0 where absent."""

    sqlstate: str
    message: str
    advice: str
    position: int


@contextmanager
def pipeline(connection: PGconn) -> Iterator[None]:
    """Pipeline mode for the length of the block, without blocking writes: both sides may have much to say."""
    from psycopg.pq import ConnStatus

    connection.nonblocking = 1
    connection.enter_pipeline_mode()
    try:
        yield
    finally:
        if connection.status == ConnStatus.OK:
            connection.exit_pipeline_mode()
            connection.nonblocking = 0


def exchange(connection: PGconn, requests: Sequence[Request]) -> list[list[PGresult]]:
    """Send the requests and return the results of each; an error ends its own request only.

    Raises SqlportError when the server goes away or says nothing for five minutes.
    """
    from psycopg import OperationalError
    from psycopg.pq import ExecStatus

    answers: list[list[PGresult]] = []
    current: list[PGresult] = []
    try:
        for request in requests:
            request(connection)
            connection.pipeline_sync()
        unsent = connection.flush()
        while len(answers) < len(requests):
            _wait(connection.socket, write=bool(unsent))
            if unsent:
                unsent = connection.flush()
            connection.consume_input()
            # Results of one command end with a None; two in a row mean that nothing more is here.
            ended = False
            while len(answers) < len(requests) and not connection.is_busy():
                result = connection.get_result()
                if result is None:
                    if ended:
                        break
                    ended = True
                    continue
                ended = False
                if result.status == ExecStatus.PIPELINE_SYNC:
                    answers.append(current)
                    current = []
                else:
                    current.append(result)
    except OperationalError as error:
        raise SqlportError(f"the PostgreSQL server went away: {str(error).strip()}") from None
    return answers


def refusal(results: Sequence[PGresult]) -> Refusal | None:
    """The error among the results of one request."""
    from psycopg.pq import DiagnosticField, ExecStatus

    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:

            def text(field: DiagnosticField, result: PGresult = result) -> str:
                return (result.error_field(field) or b"").decode(errors="replace")

            return Refusal(
                text(DiagnosticField.SQLSTATE),
                text(DiagnosticField.MESSAGE_PRIMARY) or (result.error_message or b"").decode(errors="replace"),
                "; ".join(filter(None, (text(DiagnosticField.MESSAGE_DETAIL), text(DiagnosticField.MESSAGE_HINT)))),
                int(text(DiagnosticField.STATEMENT_POSITION) or 0),
            )
    return None


def _wait(socket: int, *, write: bool) -> None:
    """Until the socket can be read (or written, when something waits to be sent)."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(socket, select.POLLIN | (select.POLLOUT if write else 0))
        ready = bool(poller.poll(_WAIT_SECONDS * 1000))
    else:
        readable, writable, _ = select.select([socket], [socket] if write else [], [], _WAIT_SECONDS)
        ready = bool(readable or writable)
    if not ready:
        raise SqlportError(f"the PostgreSQL server said nothing for {_WAIT_SECONDS:.0f} seconds")


def encoded(sql: str) -> bytes:
    """The text as it is sent; a lone surrogate is left for PostgreSQL to refuse (22021)."""
    return sql.encode("utf-8", "surrogatepass")
