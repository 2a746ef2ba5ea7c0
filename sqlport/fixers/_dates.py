"""SQLite's date functions: every call is read once (value, modifiers, form) and translated by one path.

The rules DTF001 to DTF014 differ in what they are about, not in how it is ported: `proposals` gives each call to
the one rule that it belongs to. Text stays text, so rows are equal in type and content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _dates_format as form
from sqlport.fixers._dates_dynamic import Dynamic, dynamic
from sqlport.fixers._dates_literal import from_julian_day, from_text
from sqlport.fixers._dates_modifiers import Months, Start, Step, Word, steps
from sqlport.fixers._dates_moment import (
    Moment,
    Parts,
    RefusedError,
    bound,
    modified,
    months,
    overflows,
    plus,
    truncated,
)
from sqlport.fixers._dates_stored import as_stored, compared_type, stored_type
from sqlport.fixers._dates_use import numeric_cast, stays_date, wants_number
from sqlport.fixers._dates_value import CALLS, FORMATS, Request, value
from sqlport.model import Applicability
from sqlport.sql import Rewrite
from sqlport.sql.match import rewrite

Modifier = tuple[Step, ...] | Dynamic


@dataclass(frozen=True, slots=True)
class _Call:
    """A date function as it is written: its format if it has one, its value and its modifiers."""

    node: exp.Anonymous
    name: str
    fmt: str | None
    value: exp.Expr | None
    modifiers: tuple[Modifier, ...]
    unknown: tuple[str, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The modifiers that are literals, in order."""
        return tuple(step for item in self.modifiers if not isinstance(item, Dynamic) for step in item)

    def has(self, *words: str) -> bool:
        """Whether one of these modifiers is given."""
        return any(isinstance(step, Word) and step.word in words for step in self.steps)


def proposals(context: Context, code: str) -> Iterator[Proposal]:
    """The places that one of the rules is about."""
    consumed: set[int] = set()
    for node in context.parsed.calls(*CALLS):
        if id(node) in consumed:
            continue
        found, inner = _judged(context, node)
        if inner is not None:
            consumed.add(id(inner))
        if found[0] == code:
            yield found[1]


def _judged(context: Context, node: exp.Anonymous) -> tuple[tuple[str, Proposal], exp.Expr | None]:
    """The rule that a call belongs to, what it proposes, and the call inside that is translated along."""
    span = context.parsed.span(node)
    call = _read(context, node)
    if _no_immutable(node):
        return (_code(context, call), Proposal(span, message=_STABLE)), None
    if stays_date(context, node):
        return ("", Proposal(span)), None  # PostgreSQL's date(x), beside dates only
    try:
        moment, inner = _moment(context, call)
        is_plain = call.name in ("date", "datetime", "time") or _is_iso(call.fmt)
        typed = (stored_type(context, node) or compared_type(context, node, call.name)) if is_plain else ""
        parts = as_stored(moment, typed, call.name) if typed else _written(context, call, moment)
        if moment.within:
            parts = ("CASE WHEN ", *moment.within, " THEN ", *parts, " END")
    except RefusedError as refusal:
        return (_code(context, call), Proposal(span, message=str(refusal))), None
    whole = _replaced(context, call)
    safe = Applicability.UNSAFE if moment.conditions else Applicability.SAFE
    condition = " and ".join(dict.fromkeys(moment.conditions))
    if call.name == "julianday" and isinstance(node.parent, _LOOSER):
        changed = Rewrite(span.start, span.end, parts)
    else:
        changed = rewrite(context.parsed, whole, *parts)
    made = Proposal(span, (changed,), applicability=safe, condition=condition)
    return (_code(context, call), made), inner


_LOOSER = (exp.Add, exp.Sub, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)  # than a division
_STABLE = (
    "PostgreSQL's date functions on text are not IMMUTABLE, so an index or a generated column cannot use them; "
    "store the value in a column of its own, or index the text as it is"
)


def _no_immutable(node: exp.Expr) -> bool:
    if node.find_ancestor(exp.ComputedColumnConstraint, exp.GeneratedAsIdentityColumnConstraint) is not None:
        return True
    create = node.find_ancestor(exp.Create)
    return create is not None and create.args.get("kind") == "INDEX"


def _read(context: Context, node: exp.Anonymous) -> _Call:
    """The parts of a call."""
    name, arguments = str(node.this), list(node.expressions)
    fmt: str | None = FORMATS.get(name)
    if name == "strftime":
        first = arguments.pop(0) if arguments else None
        fmt = str(first.this) if isinstance(first, exp.Literal) and first.is_string else None
    given = arguments[1:] if name != "timediff" else []
    modifiers: list[Modifier] = []
    unknown: list[str] = []
    for argument in given:
        if isinstance(argument, exp.Literal) and argument.is_string:
            found = steps(str(argument.this))
            if found is None:
                unknown.append(str(argument.this))
            else:
                modifiers.append(found)
        else:
            modifiers.append(dynamic(context, argument))
    return _Call(node, name, fmt, arguments[0] if arguments else None, tuple(modifiers), tuple(unknown))


def _code(context: Context, call: _Call) -> str:
    """The rule that a call belongs to: the most particular of what it shows."""
    if call.name == "timediff":
        return "DTF014"
    if call.unknown or _is_no_date(call):
        return "DTF013"
    if any(isinstance(item, Dynamic) for item in call.modifiers):
        return "DTF007"
    if call.has("unixepoch", "julianday", "auto") or _is_number(context, call.value):
        return "DTF011"
    if call.has("localtime", "utc"):
        return "DTF004"
    if call.name == "julianday" or "%J" in (call.fmt or ""):
        return "DTF009"
    if call.name == "unixepoch" or call.fmt == "%s":
        return "DTF006"
    if any(isinstance(step, Months) for step in call.steps):
        if call.steps and _may_overflow(call):
            return "DTF012"
        return "DTF002" if call.name != "strftime" else "DTF003"
    if call.name == "strftime":
        return "DTF003"
    if any(step != Word("subsec") for step in call.steps):
        return "DTF002"
    return "DTF001" if _is_now(call.value) else "DTF008"


def _is_iso(fmt: str | None) -> bool:
    """Whether a format of strftime() writes what a timestamp is read from."""
    return (fmt or "").startswith("%Y-%m-%d")


def _may_overflow(call: _Call) -> bool:
    """Whether a day that the month does not have can come up."""
    last = 31
    if isinstance(call.value, exp.Literal) and call.value.is_string:
        instant = from_text(str(call.value.this))
        last = instant.at.day if instant is not None else 31
    for index, step in enumerate(call.steps):
        if isinstance(step, Start) and step.unit != "day":
            last = 1
        elif isinstance(step, Months):
            if last > 28 and Word("floor") not in call.steps[index + 1 : index + 2]:
                return True
        elif not isinstance(step, Start | Word):
            last = 31
    return False


def _is_now(node: exp.Expr | None) -> bool:
    if node is None or isinstance(node, exp.CurrentTimestamp | exp.CurrentDate):
        return True
    return isinstance(node, exp.Literal) and node.is_string and str(node.this).lower() == "now"


def _is_number(context: Context, node: exp.Expr | None) -> bool:
    return node is not None and context.semantics.kind(node) in ("integer", "real", "numeric")


def _is_no_date(call: _Call) -> bool:
    node = call.value
    if not isinstance(node, exp.Literal) or not node.is_string or _is_now(node):
        return False
    return not call.has("unixepoch", "auto", "julianday") and from_text(str(node.this)) is None


def _moment(context: Context, call: _Call) -> tuple[Moment, exp.Expr | None]:
    """The call's value after its modifiers, and the date call inside that became part of it."""
    if call.name == "timediff":
        raise RefusedError(
            "PostgreSQL has no timediff(); subtract the timestamps, or use age(), and format the interval in the host"
        )
    if call.unknown:
        raise RefusedError(
            f"SQLite does not know the modifier '{call.unknown[0]}' or rounds it, and gives NULL in most versions; "
            "correct the modifier"
        )
    if _is_no_date(call) and call.value is not None:
        raise RefusedError(
            f"{context.parsed.text_of(call.value)} is no date: SQLite gives NULL or another day, PostgreSQL raises an "
            "error; correct the value"
        )
    fraction = form.has_fraction(call.fmt or "") or call.has("subsec") or call.name == "julianday"
    seconds = call.name == "unixepoch" or "%s" in (call.fmt or "")
    request = Request(context, call.value, fraction, milliseconds=fraction or seconds or bool(call.modifiers))
    moment, taken, inner = value(request, call.steps, lambda node: _inner(context, node))
    for is_dynamic, items in groupby(call.modifiers[taken:], key=lambda item: isinstance(item, Dynamic)):
        if is_dynamic:
            for item in items:
                moment = _dynamic(moment, item) if isinstance(item, Dynamic) else moment
        else:
            moment = modified(moment, [step for item in items if not isinstance(item, Dynamic) for step in item])
    return moment, inner


def _dynamic(moment: Moment, item: Dynamic) -> Moment:
    if item.months:
        if overflows(moment):
            moment = months(moment, item.sign, item.interval)
        else:
            moment = plus(moment, item.sign, item.interval)
    else:
        moment = replace(plus(moment, item.sign, item.interval), whole=False, midnight=False)
    for condition in item.conditions:
        moment = moment.under(condition)
    return replace(moment, once=moment.once or item.once)


def _inner(context: Context, node: exp.Expr) -> Moment | None:
    """The moment that a date() or datetime() inside another call gives, when that is all it adds."""
    if not isinstance(node, exp.Anonymous) or node.this not in ("date", "datetime", "strftime"):
        return None
    call = _read(context, node)
    unit = {"%Y-%m-%d": "day", "%Y-%m-01": "month", "%Y-01-01": "year", "%Y-%m-%d %H:%M:%S": "second"}.get(
        call.fmt or ""
    )
    if unit is None or call.has("subsec"):
        return None
    try:
        moment, deeper = _moment(context, call)
    except RefusedError:
        return None
    if deeper is not None:
        return None
    return moment if _is_start(moment, unit) else truncated(moment, unit)


def _is_start(moment: Moment, unit: str) -> bool:
    """Whether the moment is the start of that unit already."""
    if unit == "second":
        return moment.whole
    return moment.midnight and (unit == "day" or (unit == "month" and moment.last_day == 1))


def _written(context: Context, call: _Call, moment: Moment) -> Parts:
    """The call's result, as text or as the number that its place wants."""
    if isinstance(call.value, exp.Null):
        return (f"NULL::{_NUMBERS.get(call.name, 'text')}",)
    folded = _folded(call)
    if folded is not None:
        return (f"'{folded}'",)
    if call.name == "julianday":
        return form.julian_day(moment)
    if call.name == "unixepoch":
        if call.has("subsec"):
            return ("extract(epoch FROM ", *moment.parts, ")::double precision")
        return form.epoch(moment)
    if call.fmt is None:
        raise RefusedError("the format is not written here, so it cannot be translated; choose among fixed formats")
    if call.has("subsec") and call.name in ("time", "datetime"):
        return form.text(call.fmt.replace("%S", "%f"), moment)
    if call.fmt == "%s" and _compared_with_number(call.node):
        raise RefusedError(
            "strftime('%s', ...) is text, and for SQLite a text is always greater than a number; "
            "compare unixepoch(...), if the time is meant"
        )
    if wants_number(context, call.node):
        made = form.number(call.fmt, moment)
        if made is not None:
            return made
    fmt = call.fmt
    if (moment.once or moment.long) and form.uses(fmt) > 1:
        return bound(moment, lambda inner: replace(inner, parts=form.text(fmt, inner))).parts
    return form.text(fmt, moment)


def _folded(call: _Call) -> str | None:
    """The result for a literal that is only brought into the form of date(), time() or datetime()."""
    node = call.value
    if call.modifiers or call.name not in FORMATS or not isinstance(node, exp.Literal) or _is_now(node):
        return None
    if isinstance(call.node.parent, exp.Ordered | exp.Group):
        return None  # where PostgreSQL refuses constants
    instant = from_text(str(node.this)) if node.is_string else from_julian_day(str(node.this))
    return instant.at.strftime(call.fmt or "") if instant is not None and instant.at.year > 999 else None


_NUMBERS = {"julianday": "double precision", "unixepoch": "bigint"}


def _compared_with_number(node: exp.Expr) -> bool:
    parent = node.parent
    if not isinstance(parent, exp.LT | exp.LTE | exp.GT | exp.GTE | exp.EQ | exp.NEQ):
        return False
    other = parent.expression if parent.this is node else parent.this
    return isinstance(other, exp.Literal) and not other.is_string


def _replaced(context: Context, call: _Call) -> exp.Expr:
    """The node that the translation stands for: the call, or the CAST round it that wants its number."""
    if call.name in ("strftime",) and wants_number(context, call.node):
        cast = numeric_cast(context, call.node)
        if cast is not None and call.fmt is not None and _has_number_form(call.fmt):
            return cast
    return call.node


def _has_number_form(fmt: str) -> bool:
    try:
        return form.number(fmt, Moment(("t",))) is not None
    except RefusedError:
        return False
