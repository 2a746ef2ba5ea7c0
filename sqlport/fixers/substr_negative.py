"""FNC005: substr() that counts from the end, or backwards, which PostgreSQL's does not."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast, server_type
from sqlport.fixers._signs import literal, not_negative
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace
from sqlport.sql.match import operand

Parts = tuple[str | Span, ...]
_EMPTY = "no blob is empty (of one, SQLite's substr() is NULL)"
_PARAMETER = "substr() counts from the end where its number is negative; PostgreSQL's does not: check that it never is"


def find(context: Context) -> Iterator[Proposal]:
    """Every substr() whose place or length may be negative, or is no int4."""
    for call in context.parsed.calls("substr", "substring"):
        if len(call.expressions) not in (2, 3):
            continue
        numbers = call.expressions[1:]
        if any(isinstance(number, exp.Null) for number in numbers):
            continue
        if _is_from_end(context, call):
            numbers = numbers[1:]
        unsure = [number for number in numbers if not not_negative(context, number)]
        span = context.parsed.span(call)
        if _is_guarded(context, call):
            continue
        if any(isinstance(number, exp.Placeholder) for number in unsure):
            yield Proposal(span, message=_PARAMETER)
        elif unsure or any(server_type(context, number) == "int8" for number in numbers):
            rewrite = _rewrite(context, call)
            if rewrite is not None and server_type(context, call.expressions[0]) == "bytea":
                yield Proposal(span, (rewrite,), Applicability.UNSAFE, condition=_EMPTY)
            elif rewrite is not None:
                yield Proposal(span, (rewrite,))


def _is_from_end(context: Context, call: exp.Anonymous) -> bool:
    """Whether the place is `length(text) - 3 + 1` of an earlier rewriting, right beyond the ends as well."""
    place = call.expressions[1]
    if isinstance(place, exp.Sub) and literal(place.expression) is not None:
        place = place.this  # and backwards from there
    if not (isinstance(place, exp.Add) and isinstance(place.this, exp.Sub) and literal(place.expression) == 1):
        return False
    size = place.this.this
    return isinstance(size, exp.Anonymous) and size.this == "length" and size.expressions == call.expressions[:1]


def _rewrite(context: Context, call: exp.Anonymous) -> Rewrite | None:
    span = context.parsed.span(call)
    value, start = call.expressions[0], call.expressions[1]
    length = call.expressions[2] if len(call.expressions) == 3 else None
    negative_start = (literal(start) or 0) < 0
    if not negative_start and not not_negative(context, start):
        parts = _either(context, value, start, length)
    elif negative_start:
        parts = _from_end(context, value, -(literal(start) or 0), length)
    else:
        parts = _with_length(context, value, _int(context, start), literal(start), length)
    if parts == (span,) or "".join(p if isinstance(p, str) else p.of(context.parsed.text) for p in parts) == span.of(
        context.parsed.text
    ):
        return None
    return replace(span, *parts)


def _int(context: Context, node: exp.Expr) -> Parts:
    """The number as int4, which is all that PostgreSQL's substr() takes."""
    if server_type(context, node) in ("int8", "any", "numeric", "float8"):
        return cast(context, node, "int")
    return (context.parsed.span(node),)


def _either(context: Context, value: exp.Expr, start: exp.Expr, length: exp.Expr | None) -> Parts:
    """A place of unknown sign."""
    text = context.parsed.span(value)
    size: Parts = ("length(", text, ")")
    from_end = (*size, " + ", *operand(context.parsed, start), " + 1")
    behind = _int(context, start)
    cast_end: Parts = from_end if server_type(context, start) == "int4" else ("(", *from_end, ")::int")
    if length is None:
        # Before the first character SQLite begins at it, and so does PostgreSQL without a length.
        first = ("substr(", text, ", ", *cast_end, ")")
        second = ("substr(", text, ", ", *behind, ")")
    else:
        first = _with_length(context, value, cast_end, None, length)
        second = _with_length(context, value, behind, None, length)
    return ("CASE WHEN ", context.parsed.span(start), " < 0 THEN ", *first, " ELSE ", *second, " END")


def _from_end(context: Context, value: exp.Expr, count: int, length: exp.Expr | None) -> Parts:
    """A literal place, `count` characters from the end."""
    text = context.parsed.span(value)
    known = literal(length) if length is not None else None
    blob = server_type(context, value) == "bytea"
    if not blob and (length is None or (known is not None and known >= count)):
        return ("right(", text, f", {count})")
    place: Parts = ("length(", text, f") - {count} + 1")
    return _with_length(context, value, place, None, length)


def _with_length(context: Context, value: exp.Expr, start: Parts, number: int | None, length: exp.Expr | None) -> Parts:
    """`start` is not negative, or counts from the end already; `number` is its value where that is known."""
    text = context.parsed.span(value)
    if length is None:
        return ("substr(", text, ", ", *start, ")")
    known = literal(length)
    if known is not None and known < 0:
        if number is not None and number + known < 1:
            return ("substr(", text, f", 1, {max(number - 1, 0)})")
        place: Parts = (str(number + known),) if number is not None else (*start, f" - {-known}")
        return ("substr(", text, ", ", *place, f", {-known})")
    size = _int(context, length)
    if not_negative(context, length):
        return ("substr(", text, ", ", *start, ", ", *size, ")")
    if number is not None and number <= 1 and _null_only_with(context, length, value):
        return ("substr(", text, ", ", *start, ", greatest(", *size, ", 0))")
    whole = operand(context.parsed, length) if size == (context.parsed.span(length),) else size
    backwards: Parts = ("substr(", text, ", ", *start, " + ", *whole, ", -", *whole, ")")
    forwards: Parts = ("substr(", text, ", ", *start, ", ", *size, ")")
    return ("CASE WHEN ", *size, " < 0 THEN ", *backwards, " ELSE ", *forwards, " END")


def _null_only_with(context: Context, length: exp.Expr, value: exp.Expr) -> bool:
    """Whether the length is NULL only where the value is: greatest() would make 0 of it."""
    if not context.semantics.nullable(length):
        return True
    columns = {context.parsed.text_of(column) for column in length.find_all(exp.Column)}
    others = length.find_all(exp.Subquery, exp.Placeholder, exp.Case, exp.Div, exp.Mod)
    return columns <= {context.parsed.text_of(column) for column in value.find_all(exp.Column)} and not any(others)


def _is_guarded(context: Context, call: exp.Expr) -> bool:
    """Whether it stands in the CASE of an earlier rewriting, which asks for the sign."""
    branch = call.parent
    if isinstance(branch, exp.If) and branch.args.get("true") is call:
        test = branch.this
    elif isinstance(branch, exp.Case) and branch.args.get("default") is call:
        test = branch.args["ifs"][0].this
    else:
        return False
    return (
        isinstance(test, exp.LT) and literal(test.expression) == 0 and _text(context, test.this) in _text(context, call)
    )


def _text(context: Context, node: exp.Expr) -> str:
    return context.parsed.text_of(node).replace("::int", "")
