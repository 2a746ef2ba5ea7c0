"""FNC006: printf() and format(), whose conversions PostgreSQL's format() mostly does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import REAL_CONDITION, as_text
from sqlport.fixers._server_types import INTEGERS, NUMBERS, cast, server_type
from sqlport.fixers._signs import literal, not_negative
from sqlport.model import Applicability, Span
from sqlport.sql import replace

Parts = tuple[str | Span, ...]
_CONVERSION = re.compile(r"%(?P<flags>[-+ 0#,!]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*))?(?P<type>[a-zA-Z%])")
_NINES = "9" * 19
_GROUPED = "FM9,999,999,999,999,999,990"
_DIGITS = "no number has more than 15 digits"
_ROUNDED = "no value lies half-way between two roundings"
_ASCII = "the text is ASCII: SQLite counts bytes, PostgreSQL characters"


_TEXT_CALLS = frozenset("to_char lpad to_hex upper replace left".split())


@dataclass(frozen=True, slots=True)
class _Piece:
    """One conversion: what stands for it in PostgreSQL's format, its argument there, and when that is right."""

    spelled: str
    argument: Parts = ()
    condition: str = ""


def find(context: Context) -> Iterator[Proposal]:
    """Every call whose conversions mean something else on PostgreSQL."""
    for call in context.parsed.calls("printf", "format"):
        if not call.expressions:
            continue
        proposal = _proposal(context, call)
        if proposal is not None:
            yield proposal


def _proposal(context: Context, call: exp.Anonymous) -> Proposal | None:
    span = context.parsed.span(call)
    template = call.expressions[0]
    if not (isinstance(template, exp.Literal) and template.is_string):
        message = (
            "PostgreSQL's format() knows only %s, %I, %L and %%; this format is not written here: build it with ||"
        )
        return Proposal(span, message=message) if call.this == "printf" or len(call.expressions) > 1 else None
    pieces = _pieces(context, str(template.this), list(call.expressions[1:]))
    if pieces is None:
        return Proposal(span, message="PostgreSQL's format() has no such conversion; use to_char(), lpad() or ||")
    arguments = [piece for piece in pieces if isinstance(piece, _Piece) and piece.argument]
    unchanged = all(
        piece.spelled == "%s" and piece.argument == (context.parsed.span(argument),) and not piece.condition
        for piece, argument in zip(arguments, call.expressions[1:], strict=False)
    )
    written = "".join(piece if isinstance(piece, str) else piece.spelled for piece in pieces)
    unchanged = unchanged and written == str(template.this).replace("'", "''")
    if call.this == "format" and unchanged and len(arguments) == len(call.expressions) - 1:
        return None
    conditions = list(dict.fromkeys(piece.condition for piece in arguments if piece.condition))
    parts = _built(pieces)
    return Proposal(
        span,
        (replace(span, *parts),),
        Applicability.UNSAFE if conditions else Applicability.SAFE,
        condition=" and ".join(conditions),
    )


def _built(pieces: list[str | _Piece]) -> Parts:
    """The call of format(), or the one value where nothing stands round it."""
    arguments = [piece for piece in pieces if isinstance(piece, _Piece) and piece.argument]
    if len(pieces) == 1 and arguments and arguments[0].spelled == "%s" and isinstance(arguments[0].argument[0], str):
        only = arguments[0].argument
        function = str(only[0]).split("(")[0]
        if function in _TEXT_CALLS:
            return only
        if function == "round":
            return (*only, "::text")
    return _call(pieces, arguments)


def _call(pieces: list[str | _Piece], arguments: list[_Piece]) -> Parts:
    text = "".join(piece if isinstance(piece, str) else piece.spelled for piece in pieces)
    if not arguments:
        return ("'", text.replace("%%", "%"), "'")
    parts: list[str | Span] = ["format('", text, "'"]
    for piece in arguments:
        parts += [", ", *piece.argument]
    return (*parts, ")")


def _pieces(context: Context, template: str, arguments: list[exp.Expr]) -> list[str | _Piece] | None:
    """The format in pieces: literal text (quotes and `%` doubled) and conversions; None where one is not known."""
    pieces: list[str | _Piece] = []
    at = 0
    for match in _CONVERSION.finditer(template):
        before = template[at : match.start()]
        at = match.end()
        if "%" in before:
            return None
        if before:
            pieces.append(before.replace("'", "''"))
        if match["type"] == "%":
            pieces.append("%%")
            continue
        if match["width"] == "*" or match["precision"] == "*" or set(match["flags"]) & set(" #!"):
            return None
        piece = _missing(match) if not arguments else _converted(context, match, arguments.pop(0))
        if piece is None:
            return None
        pieces.append(piece)
    rest = template[at:]
    if "%" in rest:
        return None
    return [*pieces, rest.replace("'", "''")] if rest else pieces


def _missing(match: re.Match[str]) -> _Piece | None:
    """A conversion without an argument: NULL for SQLite."""
    if match["flags"] or match["width"] or match["precision"]:
        return None
    return {"s": _Piece("%s", ("''",)), "d": _Piece("%s", ("0",)), "i": _Piece("%s", ("0",))}.get(match["type"])


def _converted(context: Context, match: re.Match[str], argument: exp.Expr) -> _Piece | None:
    kind = match["type"]
    if kind in "di":
        return _integer(context, match, argument)
    if kind == "f":
        return _fixed(context, match, argument)
    if kind in "xX":
        return _hexadecimal(context, match, argument)
    if kind == "s":
        return _string(context, match, argument)
    if match["flags"] or match["width"] or match["precision"]:
        return None
    if kind == "Q":
        return _Piece("%L", (context.parsed.span(argument),), "the text has no backslash")
    if kind == "q":
        return _Piece("%s", ("replace(", context.parsed.span(argument), ", '''', '''''')"))
    if kind == "c":
        return _Piece("%s", ("left(", *as_text(context, argument), ", 1)"))
    return None


def _number(context: Context, argument: exp.Expr) -> tuple[Parts, str]:
    """The argument as a whole number that is not NULL, and under what it is one."""
    found = server_type(context, argument)
    condition = ""
    if found in ("float8", "numeric"):
        parts: Parts = ("trunc(", context.parsed.span(argument), ")::bigint")
    elif found in INTEGERS:
        parts = (context.parsed.span(argument),)
    elif found in ("any", "unknown") and not (isinstance(argument, exp.Literal) and argument.is_string):
        parts = (
            cast(context, argument, "bigint")
            if isinstance(argument, exp.Placeholder)
            else (context.parsed.span(argument),)
        )
        condition = "the argument of %d is a whole number"
    else:
        return (), ""
    return _or_zero(context, argument, parts), condition


def _or_zero(context: Context, argument: exp.Expr, parts: Parts) -> Parts:
    nullable = context.semantics.nullable(argument)
    return ("coalesce(", *parts, ", 0)") if nullable else parts


def _integer(context: Context, match: re.Match[str], argument: exp.Expr) -> _Piece | None:
    number, condition = _number(context, argument)
    flags, width = match["flags"], int(match["width"] or 0)
    if not number or match["precision"]:
        return None
    if not flags:
        return _Piece(f"%{width or ''}s", number, condition)
    if flags == "-":
        return _Piece(f"%-{width or ''}s", number, condition)
    if flags == ",":
        return _Piece("%s" if not width else f"%{width}s", ("to_char(", *number, f", '{_GROUPED}')"), condition)
    if flags == "+" and not width:
        return _Piece("%s", ("to_char(", *number, f", 'FMSG{_NINES[:-1]}0')"), condition)
    if flags == "0":
        return _Piece("%s", _padded(context, argument, number, width), condition)
    return None


def _padded(context: Context, argument: exp.Expr, number: Parts, width: int) -> Parts:
    """`%05d`: zeros up to the width, in which SQLite counts the sign."""
    plain = f"FM{'9' * max(19 - width, 0)}{'0' * max(width, 1)}"
    if not_negative(context, argument) or width < 2:
        return ("to_char(", *number, f", '{plain}')")
    signed = f"FM{'9' * max(20 - width, 0)}{'0' * (width - 1)}"
    value = number if len(number) == 1 or str(number[0]).startswith(("coalesce", "trunc")) else ("(", *number, ")")
    return ("to_char(", *number, ", CASE WHEN ", *value, f" < 0 THEN '{signed}' ELSE '{plain}' END)")


def _fixed(context: Context, match: re.Match[str], argument: exp.Expr) -> _Piece | None:
    found = server_type(context, argument)
    if found not in (*NUMBERS, "any", "unknown") or set(match["flags"]) - {"-"}:
        return None
    places = int(match["precision"]) if match["precision"] else 6
    value: Parts = (context.parsed.span(argument),) if found == "numeric" else cast(context, argument, "numeric")
    condition = "" if found == "int4" else _DIGITS if found == "int8" else _ROUNDED
    spelled = f"%{match['flags']}{match['width'] or ''}s"
    return _Piece(spelled, ("round(", *_or_zero(context, argument, value), f", {places})"), condition)


def _hexadecimal(context: Context, match: re.Match[str], argument: exp.Expr) -> _Piece | None:
    number, condition = _number(context, argument)
    if not number or match["precision"] or match["flags"] not in ("", "0"):
        return None
    if not not_negative(context, argument) and server_type(context, argument) == "int4":
        number = ("(", *number, ")::bigint")
    parts: Parts = ("to_hex(", *number, ")")
    width = int(match["width"] or 0)
    if match["flags"] == "0" and width:
        value = literal(argument)
        if value is None:
            condition = condition or f"the number has at most {width} hexadecimal digits"
        if value is None or len(f"{value:x}") < width:
            parts = ("lpad(", *parts, f", {width}, '0')")
        width = 0
    if match["type"] == "X":
        parts = ("upper(", *parts, ")")
    return _Piece(f"%{width or ''}s", parts, condition)


def _string(context: Context, match: re.Match[str], argument: exp.Expr) -> _Piece | None:
    found = server_type(context, argument)
    if found == "bytea" or set(match["flags"]) - {"-"}:
        return None
    conditions = [REAL_CONDITION] if found == "float8" else []
    whole: Parts = (context.parsed.span(argument),)
    parts = as_text(context, argument) if found in ("float8", "boolean") else whole
    if isinstance(argument, exp.Placeholder) and not match["precision"]:
        parts = cast(context, argument, "text")
    if match["precision"]:
        parts = ("left(", *as_text(context, argument), f", {match['precision']})")
    if (match["width"] or match["precision"]) and found not in NUMBERS:
        conditions.append(_ASCII)
    return _Piece(f"%{match['flags']}{match['width'] or ''}s", parts, " and ".join(conditions))
