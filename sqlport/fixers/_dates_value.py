"""The time value of a date function: what it is, and how PostgreSQL reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sqlport.catalog.helpers import TIMESTAMP
from sqlport.fixers import Context
from sqlport.fixers._dates_literal import from_julian_day, from_text
from sqlport.fixers._dates_modifiers import Step, Word
from sqlport.fixers._dates_moment import Moment, Parts, RefusedError, from_epoch, literal, now, truncated
from sqlport.fixers._dates_use import column_type_of
from sqlport.fixers._json import stays_atom

FORMATS: Mapping[str, str] = {"date": "%Y-%m-%d", "time": "%H:%M:%S", "datetime": "%Y-%m-%d %H:%M:%S"}
CALLS = (*FORMATS, "strftime", "julianday", "unixepoch", "timediff")

TEXT = "the text is a date 'YYYY-MM-DD', or one with a time 'HH:MM[:SS[.SSS]]', without a UTC offset"
_STRICT = (
    r"'^(?!\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):\d\d(:[0-5]\d(\.\d{1,6})?)?Z?)?$)'",
    "'no ISO date: '",
)
"""Puts words before a text that both engines would not read alike, so that PostgreSQL raises: it takes `now`,
`1/2/2024` and `Jan 2`, for which SQLite gives NULL, and drops an offset from UTC, which SQLite applies."""
_RELATIVE = ("now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity")
ROUNDED = "a millisecond more or less does not matter where a float lies between two"
_FIRST, _LAST = -62135596800, 253402300799  # the years 1 to 9999 in seconds since 1970
_LIMITS = f"BETWEEN {_FIRST} AND {_LAST}"
EPOCHS = "the numbers are seconds since 1970, none so small that SQLite takes it for a Julian day (up to 5373484)"

_Inner = Callable[[exp.Expr], Moment | None]
_Found = tuple[Moment, int, exp.Expr | None]


@dataclass(frozen=True, slots=True)
class Request:
    """A value to be read.

    `fraction` tells that the result shows milliseconds, `milliseconds` that SQLite rounds to them: it does where
    there are modifiers, and for seconds since 1970, but not for `%S`.
    """

    context: Context
    node: exp.Expr | None
    fraction: bool = False
    milliseconds: bool = False


def value(request: Request, steps: Sequence[Step], inner: _Inner) -> _Found:
    """The moment of a value, how many modifiers were read with it, and the date call that it was taken from."""
    node = request.node
    first = steps[0] if steps else None
    kind = first.word if isinstance(first, Word) and first.word in ("unixepoch", "julianday", "auto") else ""
    if node is None or isinstance(node, exp.CurrentTimestamp):
        return now(), 0, None
    if isinstance(node, exp.CurrentDate):
        return truncated(now(), "day"), 0, None
    if isinstance(node, exp.Null):
        return Moment(("NULL::timestamp",)), 0, None
    if isinstance(node, exp.Literal) and node.is_string and not kind:
        return _from_literal(str(node.this)), 0, None
    found = inner(node) if not kind else None
    if found is not None:
        return found, 0, node
    if kind or request.context.semantics.kind(node) in ("integer", "real", "numeric"):
        return _from_number(request, node, kind), 1 if kind else 0, None
    return _from_expression(request, node), 0, None


def _from_literal(text: str) -> Moment:
    if text.lower() == "now":
        return now()
    instant = from_text(text)
    if instant is None:
        raise RefusedError(f"'{text}' is no date for SQLite, which gives NULL; PostgreSQL raises an error; correct it")
    return literal(instant)


def _from_number(request: Request, node: exp.Expr, kind: str) -> Moment:
    context = request.context
    found = context.semantics.kind(node)
    span = context.parsed.span(node)
    if kind in ("", "julianday"):
        number = context.parsed.text_of(node)
        instant = from_julian_day(number) if isinstance(node, exp.Literal) and not node.is_string else None
        if instant is None:
            raise RefusedError(
                "SQLite reads a number without 'unixepoch' as a Julian day, and gives NULL for one above 5373484; "
                "write to_timestamp() if it is seconds since 1970"
            )
        return literal(instant)
    if isinstance(node, exp.Literal) and not _FIRST <= float(str(node.this)) <= _LAST:
        raise RefusedError(
            "this number is no time in seconds between the years 1 and 9999, so SQLite gives NULL; divide "
            "milliseconds by 1000"
        )
    known = found in ("integer", "real", "numeric")
    sure = known or _gives_number(node)
    parts: Parts = (span,) if sure else (*_operand(request, node), "::double precision")
    once = _once(node)
    whole = found == "integer"
    if context.target.helpers and not isinstance(node, exp.Literal):
        moment = Moment((f"{TIMESTAMP}(", *parts, ")"), is_utc=True, whole=whole, once=once, immutable=True)
    elif node.find(exp.Column, exp.Placeholder, exp.Anonymous, exp.Subquery) is None:
        moment = from_epoch(parts, whole=whole)
    elif once or node.find(exp.Anonymous) is not None:
        limited: Parts = ("(SELECT t FROM (SELECT ", *parts, f" AS t) AS v WHERE t {_LIMITS})")
        moment = replace(from_epoch(limited, whole=whole), once=once, long=True)
    else:
        moment = replace(from_epoch(parts, whole=whole), within=(*_within(request, node, parts), f" {_LIMITS}"))
    if not whole and request.fraction:
        moment = moment.under(ROUNDED)
    return moment.under(EPOCHS) if kind == "auto" else moment


def _within(request: Request, node: exp.Expr, parts: Parts) -> Parts:
    return _operand(request, node) if len(parts) == 1 else parts


def _gives_number(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this == "strftime"


def _from_expression(request: Request, node: exp.Expr) -> Moment:
    """Text, as a timestamp; PostgreSQL raises for most of what SQLite gives NULL for."""
    semantics = request.context.semantics
    kind = semantics.kind(node)
    if any(part.is_string and str(part.this).lower() in _RELATIVE for part in node.find_all(exp.Literal)):
        raise RefusedError(
            "a text such as 'now' inside this value means another time to PostgreSQL (the transaction's, in the "
            "session's zone); write datetime('now') in its place"
        )
    if kind in ("boolean", "blob", "json"):
        raise RefusedError(f"this is a {kind} and no date; give the date as text")
    if kind == "time":
        return _from_time(request, node)
    through = "::text" if isinstance(node, exp.Placeholder) and request.context.target.driver == "numbered" else ""
    if request.context.target.helpers:
        called: Parts = (f"{TIMESTAMP}(", *_operand(request, node), "::text)")
        if kind == "text" and not isinstance(node, exp.Placeholder):
            called = (f"{TIMESTAMP}(", request.context.parsed.span(node), ")")
        if request.milliseconds:
            called = (*called, "::timestamp(3)")
        return Moment(called, once=_once(node), immutable=True)
    precision = "(3)" if request.milliseconds else ""
    span = request.context.parsed.span(node)
    strict: Parts = ("regexp_replace(", span, f"{through}, {_STRICT[0]}, {_STRICT[1]})::timestamp{precision}")
    return Moment(strict, once=_once(node), long=True)


def _from_time(request: Request, node: exp.Expr) -> Moment:
    """A column that is a timestamp in PostgreSQL (profile `native`)."""
    name = column_type_of(request.context, node)
    operand = _operand(request, node)
    if name == "timestamptz":
        return Moment((*operand, " AT TIME ZONE 'UTC'"), loose=True, zoned=operand, is_utc=True)
    return Moment(operand if name == "timestamp" else (*operand, "::timestamp"))


def _operand(request: Request, node: exp.Expr) -> Parts:
    span = request.context.parsed.span(node)
    return (span,) if stays_atom(node) else ("(", span, ")")


def _once(node: exp.Expr) -> bool:
    """Whether the text of a node must not be repeated: parameters are counted, queries run twice."""
    return isinstance(node, exp.Placeholder | exp.Subquery) or node.find(exp.Placeholder, exp.Subquery) is not None
