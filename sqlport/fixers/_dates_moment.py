"""A moment as a PostgreSQL `timestamp` in UTC, and what SQLite's modifiers do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlport.fixers._dates_literal import Instant
from sqlport.fixers._dates_modifiers import Months, Shift, Start, Step, Weekday, Word
from sqlport.model import Span

Parts = tuple[str | Span, ...]

SESSION_ZONE = "the session's TimeZone is the time zone of the host that the application ran on"


class RefusedError(Exception):
    """Why a call cannot be translated: the message of the finding."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An expression of type `timestamp`, in UTC.

    `loose` tells that it has to stand in parentheses before `::` and `AT TIME ZONE`; `zoned` is the same as
    `timestamptz` where that is shorter; `last_day` the largest day of the month that it can have; `whole` that
    it has no fraction of a second, `midnight` that it is the start of a day; `once` that it must not be written
    twice (placeholders, queries); `is_utc` and `is_local` what SQLite knows of its zone; `conditions` under
    what it is right for all rows.
    """

    parts: Parts
    loose: bool = False
    zoned: Parts = ()
    last_day: int = 31
    whole: bool = False
    midnight: bool = False
    once: bool = False
    long: bool = False
    within: Parts = ()
    immutable: bool = False
    is_utc: bool = False
    is_local: bool = False
    conditions: tuple[str, ...] = ()

    @property
    def closed(self) -> Parts:
        """As the operand of `::` or `AT TIME ZONE`."""
        return ("(", *self.parts, ")") if self.loose else self.parts

    def under(self, condition: str) -> Moment:
        """The same, right only under one more condition."""
        return replace(self, conditions=(*self.conditions, condition))


def now() -> Moment:
    """SQLite's `now`: the time at which the statement began, not the transaction."""
    zoned: Parts = ("statement_timestamp()",)
    return Moment((*zoned, " AT TIME ZONE 'UTC'"), loose=True, zoned=zoned, is_utc=True)


def literal(instant: Instant) -> Moment:
    """A moment that is known already."""
    parts: Parts = (f"timestamp '{instant}'",)
    return Moment(
        parts,
        last_day=instant.at.day,
        whole=instant.whole,
        midnight=not instant.has_clock,
        is_utc=instant.is_utc,
    )


def from_epoch(value: Parts, *, whole: bool) -> Moment:
    """Seconds since 1970."""
    zoned: Parts = ("to_timestamp(", *value, ")")
    made = Moment((*zoned, " AT TIME ZONE 'UTC'"), loose=True, zoned=zoned, whole=whole, is_utc=True)
    return made if whole else replace(made, parts=("(", *made.parts, ")::timestamp(3)"), loose=False, zoned=())


def truncated(moment: Moment, unit: str) -> Moment:
    """Back to the start of the unit."""
    parts: Parts = (f"date_trunc('{unit}', ", *moment.parts, ")")
    last = 1 if unit in ("month", "year") else moment.last_day
    midnight = unit in ("day", "month", "year")
    return replace(moment, parts=parts, loose=False, zoned=(), last_day=last, whole=True, midnight=midnight)


def modified(moment: Moment, steps: Sequence[Step]) -> Moment:
    """The moment after all modifiers; raises RefusedError for one that does not fit there."""
    index = 0
    while index < len(steps):
        step = steps[index]
        following = steps[index + 1] if index + 1 < len(steps) else None
        index += 1
        if isinstance(step, Shift):
            moment = _shifted(moment, step)
        elif isinstance(step, Months):
            floor = following == Word("floor")
            index += floor or following == Word("ceiling")
            moment = months(moment, step.sign, (f"interval '{step.interval}'",), floor=floor)
        elif isinstance(step, Start):
            moment = truncated(moment, step.unit)
        elif isinstance(step, Weekday):
            moment = _weekday(moment, step.day)
        else:
            moment = _word(moment, step.word)
    return moment


def plus(moment: Moment, sign: str, interval: Parts) -> Moment:
    """The moment and an interval."""
    return replace(moment, parts=(*moment.parts, f" {sign} ", *interval), loose=True, zoned=(), last_day=31)


def _shifted(moment: Moment, step: Shift) -> Moment:
    made = plus(moment, step.sign, (f"interval '{step.interval}'",))
    return replace(made, whole=moment.whole and step.whole, midnight=moment.midnight and step.days)


def months(moment: Moment, sign: str, interval: Parts, *, floor: bool = False) -> Moment:
    """Months or years later: PostgreSQL stops at the last day of the month (`floor`), SQLite counts on from its first.

    SQLite: January 31 and one month is "February 31", which is March 2 or 3.
    """
    if floor or not overflows(moment):
        return replace(plus(moment, sign, interval), last_day=moment.last_day)
    if moment.once or moment.long:
        return bound(moment, lambda inner: months(inner, sign, interval))
    start: Parts = ("date_trunc('month', ", *moment.parts, ")")
    parts: Parts = (*start, f" {sign} ", *interval, " + (", *moment.parts, " - ", *start, ")")
    return replace(moment, parts=parts, loose=True, zoned=(), last_day=31)


def overflows(moment: Moment) -> bool:
    """Whether months later the day may not exist."""
    return moment.last_day > 28


def _weekday(moment: Moment, day: int) -> Moment:
    if moment.once or moment.long:
        return bound(moment, lambda inner: _weekday(inner, day))
    ahead: Parts = (f"({day + 7} - extract(dow FROM ", *moment.parts, ")::int) % 7")
    return replace(
        moment, parts=(*moment.parts, " + ", *ahead, " * interval '1 day'"), loose=True, zoned=(), last_day=31
    )


def _word(moment: Moment, word: str) -> Moment:
    if word == "localtime" and not moment.is_local:
        zoned = moment.zoned or ("(", *moment.closed, " AT TIME ZONE 'UTC')")
        local = replace(moment, parts=(*zoned, "::timestamp"), loose=False, zoned=(), last_day=31, is_local=True)
        return replace(local, is_utc=False, midnight=False).under(SESSION_ZONE)
    if word == "utc" and not moment.is_utc:
        parts: Parts = (*moment.closed, "::timestamptz AT TIME ZONE 'UTC'")
        made = replace(moment, parts=parts, loose=True, zoned=(), last_day=31, is_utc=True, is_local=False)
        made = replace(made, midnight=False)
        return made.under(SESSION_ZONE)
    if word == "subsec":
        return moment
    raise RefusedError(f"the modifier '{word}' changes nothing here, or has another meaning by version; leave it out")


def bound(moment: Moment, use: Callable[[Moment], Moment]) -> Moment:
    """What `use` makes of a moment that it needs several times."""
    made = use(replace(moment, parts=("t",), loose=False, zoned=(), once=False, long=False))
    parts: Parts = ("(SELECT ", *made.parts, " FROM (SELECT ", *moment.parts, " AS t) AS v)")
    return replace(made, parts=parts, loose=False, once=moment.once, long=True)
