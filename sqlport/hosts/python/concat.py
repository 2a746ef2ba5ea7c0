"""Strings one behind the other: alternatives meet where they can, and what would be too many becomes a gap."""

from __future__ import annotations

from collections.abc import Sequence

from sqlport.hosts.python.values import (
    MAX_ALTERNATIVES,
    MAX_PIECES,
    MAX_TEXT,
    TOO_LONG,
    Chars,
    Const,
    Gap,
    Option,
    Piece,
    Str,
    Unknown,
    Value,
    choose,
    covering,
    join_paths,
    options,
    widened,
)


def pieces_of(value: Value, source: str) -> tuple[Piece, ...]:
    """A single value as `str()` shows it; what is not known is one gap named after `source`."""
    if isinstance(value, Str):
        return value.pieces
    if isinstance(value, Const) and isinstance(value.value, int):
        return (Chars(str(value.value)),)
    if value == Const(None):  # what is None at first is something else by the time that it goes into a text
        return (Gap(source, "it is None before it is set"),)
    if isinstance(value, Unknown):
        return (Gap(value.source or source, value.reason, value.kind, value.parameter),)
    return (Gap(source, "it is not a string"),)


def concat(operands: Sequence[tuple[Value, str]]) -> Value:
    """The operands one behind the other, each with its source expression for the case that it is not known.

    Where alternatives multiply beyond the limit the operand that does it becomes a gap.
    """
    built: list[tuple[list[Piece], tuple[tuple[int, int], ...]]] = [([], ())]
    limit = MAX_ALTERNATIVES
    for value, source in operands:
        choices = options(value)
        if len(choices) == 1:
            for pieces, _ in built:
                pieces.extend(pieces_of(choices[0].value, source))
            continue
        meeting = [
            (pieces, both, option.value)
            for pieces, path in built
            for option in choices
            if (both := join_paths(path, option.path)) is not None
        ]
        if len(built) == 1:
            limit = max(limit, len(choices))
        if len(meeting) > limit or not meeting:
            common = pieces_of(widened([option.value for option in choices], source), source)
            chosen: Sequence[Option] = ()
            if limit == MAX_ALTERNATIVES and len(meeting) <= MAX_ALTERNATIVES**2:
                texts = [Option(Str((*pieces, *pieces_of(one, source))), both) for pieces, both, one in meeting]
                chosen = covering(texts, limit - len(built))
            for pieces, _ in built:
                pieces.extend(common)
            built = [*((list(pieces_of(one.value, source)), one.path) for one in chosen), *built]
            continue
        built = [([*pieces, *pieces_of(single, source)], both) for pieces, both, single in meeting]
    return choose((Option(_string(pieces), path) for pieces, path in built), limit=limit)


def _string(pieces: list[Piece]) -> Value:
    if len(pieces) == 1 and isinstance(pieces[0], Gap):
        gap = pieces[0]
        return Unknown(gap.source, gap.reason, gap.kind, gap.parameter)
    size = sum(len(piece.text) for piece in pieces if isinstance(piece, Chars))
    if len(pieces) > 1 and (len(pieces) > MAX_PIECES or size > MAX_TEXT):
        return Unknown("", TOO_LONG)
    return Str(tuple(piece for piece in pieces if not isinstance(piece, Chars) or piece.text))
