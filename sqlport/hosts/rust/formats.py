"""`format!`: its text with each field replaced by what the argument says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sqlport.hosts.python.values import MAX_ALTERNATIVES, Chars, Gap, Piece, Str
from sqlport.model import Literal

_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:]*)(?::(?P<format>[^{}]*))?\}")


def formatted(
    token: tuple[Literal, str] | None, value: Callable[[str], tuple[Str, ...]], shown: Callable[[str], str]
) -> tuple[Str, ...] | None:
    """The texts that a format string makes (https://doc.rust-lang.org/std/fmt/); None for a token that is no text.

    `value` gives what the argument of a name or a position says, `shown` how it is written.
    """
    if token is None:
        return None
    literal, text = replace(token[0], templated="format"), token[1]
    results: list[list[Piece]] = [[]]
    at = 0
    position = 0
    for match in _FIELD.finditer(text):
        if match.group() in ("{{", "}}"):
            # One brace of the two is said: the piece ends with it, so that the next one begins behind both.
            _extend(results, (Chars(text[at : match.start() + 1], literal, at),))
            at = match.end()
            continue
        if match.start() > at:
            _extend(results, (Chars(text[at : match.start()], literal, at),))
        at = match.end()
        name = match["name"].strip()
        if not name:
            name, position = str(position), position + 1
        values = value(name) if not match["format"] else (Str((Gap(shown(name)),)),)
        if len(results) * len(values) > MAX_ALTERNATIVES:
            values = (Str((Gap(shown(name)),)),)
        results = [[*done, *each.pieces] for done in results for each in values]
    if at < len(text):
        _extend(results, (Chars(text[at:], literal, at),))
    return tuple(Str(tuple(pieces)) for pieces in results)


def _extend(results: list[list[Piece]], pieces: tuple[Piece, ...]) -> None:
    for done in results:
        done.extend(pieces)
