"""Asks PostgreSQL to describe and to plan statements without running any of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.model import ResultColumn, Verdict
from sqlport.verify._pipeline import Refusal, Request, encoded, exchange, pipeline, refusal
from sqlport.verify._types import INT2, INT8, signatures

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

    from sqlport.verify._question import Question

#: How many statements are on their way at once: enough to hide the round trip, little to keep in memory.
CHUNK = 256

#: The first server that plans a parameterised text as it stands (PostgreSQL 16 release notes).
GENERIC_PLAN_SINCE = 160000

_EXPLAIN = "EXPLAIN (GENERIC_PLAN, COSTS OFF) "

#: "query_canceled", which is what statement_timeout raises.
_TIMEOUT = "57014"

#: "indeterminate_datatype": nothing around a parameter tells its type, and the driver does not either.
_NO_TYPE = "42P18"
_NO_TYPE_ADVICE = "psycopg sends str and None without a type: write a cast such as $1::text"


@dataclass(slots=True)
class _Asked:
    """A statement with one signature of its parameters, and what PostgreSQL answered so far."""

    index: int
    sql: str
    types: tuple[int, ...]
    name: str
    refused: Refusal | None = None
    parameters: tuple[int, ...] = ()
    columns: tuple[tuple[str, int, int], ...] = ()


@dataclass(slots=True)
class Names:
    """Type names as `format_type` gives them, fetched once for each type and modifier."""

    known: dict[tuple[int, int], str] = field(default_factory=dict)

    def fetch(self, connection: PGconn, wanted: Iterable[tuple[int, int]]) -> None:
        """Ask for all names that are not known yet, in one request."""
        missing = sorted(set(wanted) - self.known.keys())
        if not missing:
            return
        values = ",".join(f"({oid}::oid,{modifier})" for oid, modifier in missing)
        text = f"SELECT oid, modifier, format_type(oid, modifier) FROM (VALUES {values}) AS t(oid, modifier)"
        for results in exchange(connection, [lambda c: c.send_query_params(text.encode(), None)]):
            for result in results:
                for row in range(result.ntuples):
                    oid, modifier, name = (result.get_value(row, column) or b"" for column in range(3))
                    self.known[int(oid), int(modifier)] = name.decode()


def plan(
    connection: psycopg.Connection[object], questions: Sequence[Question], *, parse_only: bool = False
) -> list[Verdict]:
    """Describe and explain every statement (with `parse_only` its grammar alone is checked).

    The connection is in autocommit, so that each Sync ends a transaction of its own; it should be read-only.
    """
    names = Names()
    verdicts: list[Verdict] = []
    search_path: tuple[str, ...] | None = None
    with pipeline(connection.pgconn):
        for start, end in _chunks(questions):
            chunk = questions[start:end]
            if chunk[0].search_path != (search_path or ()):
                search_path = chunk[0].search_path
                exchange(connection.pgconn, [_use(search_path)])
            verdicts += _Chunk(connection, names, parse_only).judge(chunk)
    return verdicts


@dataclass(slots=True)
class _Chunk:
    connection: psycopg.Connection[object]
    names: Names
    parse_only: bool

    def judge(self, questions: Sequence[Question]) -> list[Verdict]:
        """Both requests for a few hundred statements that share a search path."""
        pgconn = self.connection.pgconn
        asked: list[list[_Asked]] = []
        for index, question in enumerate(questions):
            variants = signatures(question.types)
            asked.append(
                [_Asked(index, question.sql, types, f"s{index}v{number}") for number, types in enumerate(variants)]
            )
        everything = [variant for variants in asked for variant in variants]
        by_name = pgconn.server_version < GENERIC_PLAN_SINCE
        requests = [_parse(each, by_name) for each in everything]
        for variant, results in zip(everything, exchange(pgconn, requests), strict=True):
            _read_description(variant, results)
        if not self.parse_only:
            self._explain(asked, by_name)
        if by_name:
            exchange(pgconn, [_send("DEALLOCATE ALL")])
        chosen = [_widest(variants) for variants in asked]
        self.names.fetch(pgconn, _types_of(chosen))
        return [_verdict(variants, self.names) for variants in asked]

    def _explain(self, asked: Sequence[Sequence[_Asked]], by_name: bool) -> None:
        """Plan each statement that can be described, with the widest signature; an error holds for all of them."""
        ready = [variants for variants in asked if _widest(variants).refused is None]
        requests = [_plan(_widest(variants), by_name) for variants in ready]
        for variants, results in zip(ready, exchange(self.connection.pgconn, requests), strict=True):
            refused = refusal(results)
            if refused is None:
                continue
            position = 0 if by_name else max(0, refused.position - len(_EXPLAIN))
            for each in variants:
                each.refused = Refusal(refused.sqlstate, refused.message, refused.advice, position)


def _chunks(questions: Sequence[Question]) -> Iterable[tuple[int, int]]:
    """Ranges of at most CHUNK neighbours with the same search path."""
    start = 0
    while start < len(questions):
        end = start + 1
        path = questions[start].search_path
        while end < len(questions) and end - start < CHUNK and questions[end].search_path == path:
            end += 1
        yield start, end
        start = end


def _send(text: str) -> Request:
    return lambda connection: connection.send_query_params(text.encode(), None)


def _use(search_path: tuple[str, ...]) -> Request:
    """Set the schemas that names are looked up in; none restores the server's default."""
    if not search_path:
        return _send("RESET search_path")
    names = ", ".join(quoted(each) for each in search_path)
    return _send(f"SET search_path = {names}")


def _parse(asked: _Asked, by_name: bool) -> Request:
    name = asked.name.encode() if by_name else b""

    def request(connection: PGconn) -> None:
        connection.send_prepare(name, encoded(asked.sql), asked.types)
        connection.send_describe_prepared(name)

    return request


def _plan(asked: _Asked, by_name: bool) -> Request:
    count = len(asked.parameters)
    if by_name:
        nulls = "(" + ", ".join(["NULL"] * count) + ")" if count else ""
        return _send(f"EXPLAIN (COSTS OFF) EXECUTE {asked.name}{nulls}")
    text = encoded(_EXPLAIN + asked.sql)
    return lambda connection: connection.send_query_params(text, [None] * count, asked.types or None)


def _read_description(asked: _Asked, results: Sequence[PGresult]) -> None:
    asked.refused = refusal(results)
    if asked.refused is not None:
        return
    described = results[-1]
    asked.parameters = tuple(described.param_type(number) for number in range(described.nparams))
    asked.columns = tuple(
        ((described.fname(number) or b"").decode(), described.ftype(number), described.fmod(number))
        for number in range(described.nfields)
    )


def _widest(variants: Sequence[_Asked]) -> _Asked:
    """The last that PostgreSQL accepted (int8 before int4 before int2), else the first."""
    accepted = [each for each in variants if each.refused is None]
    return accepted[-1] if accepted else variants[0]


def _types_of(variants: Iterable[_Asked]) -> Iterable[tuple[int, int]]:
    for each in variants:
        yield from ((oid, -1) for oid in each.parameters)
        yield from ((oid, modifier) for _, oid, modifier in each.columns)


def _verdict(variants: Sequence[_Asked], names: Names) -> Verdict:
    """One verdict of a statement's signatures: ints up to 2147483647 must pass, wider ones are a remark."""
    chosen = _widest(variants)
    bad = next((each for each in variants if each.refused is not None and INT8 not in each.types), None)
    wide = next((each for each in variants if each.refused is not None and INT8 in each.types), None)
    worst = bad or (wide if chosen.refused is not None else None)
    if worst is not None and worst.refused is not None:
        return refused_verdict(worst.refused, _width_remark(variants, worst))
    remark = ""
    if wide is not None and wide.refused is not None:
        remark = f"fails for an integer argument above 2147483647: {wide.refused.message}"
    return Verdict(
        "verified",
        reason=remark,
        parameters=tuple(names.known[oid, -1] for oid in chosen.parameters),
        columns=tuple(ResultColumn(label, names.known[oid, modifier]) for label, oid, modifier in chosen.columns),
    )


def _width_remark(variants: Sequence[_Asked], worst: _Asked) -> str:
    """Says for which integers a statement fails when it does not for all."""
    if len(variants) == 1 or all(each.refused is not None for each in variants):
        return ""
    return "psycopg sends an int as int2, int4 or int8 by its value; it fails as " + (
        "int2 (up to 32767)" if INT2 in worst.types else "int4 (up to 2147483647)"
    )


def refused_verdict(refused: Refusal, remark: str = "") -> Verdict:
    """The verdict for an error: `rejected`, but `unverified` when PostgreSQL only ran out of time."""
    advice = _NO_TYPE_ADVICE if refused.sqlstate == _NO_TYPE else refused.advice
    reason = "; ".join(part for part in (remark, advice) if part)
    position = refused.position - 1 if refused.position > 0 else None
    kind = "unverified" if refused.sqlstate == _TIMEOUT else "rejected"
    return Verdict(kind, reason, refused.sqlstate, refused.message, position)  # type: ignore[arg-type]
