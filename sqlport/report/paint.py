"""Text for a terminal: colours when they are wanted, no control characters of others, width in columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

Paint = Callable[[str, str], str]
"""Gives the text in a style (`bold red`); the text alone when there is no colour."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def painter(color: bool) -> Paint:
    """What colours text; rich is imported only when there is colour."""
    if not color:
        return lambda text, _: text
    from rich.color import ColorSystem
    from rich.style import Style

    @lru_cache(maxsize=64)
    def style(name: str) -> Style:
        return Style.parse(name)

    return lambda text, name: style(name).render(text, color_system=ColorSystem.STANDARD) if text else ""


def printable(text: str) -> str:
    """The text on one line, with what could steer a terminal (escapes, bidi marks) shown as a code."""
    return _CONTROL.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {10: "\\n", 13: "\\r"}.get(code, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def width(text: str) -> int:
    """The terminal columns that printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def crop(line: str, start: int, end: int, limit: int = 160) -> tuple[str, int, int]:
    """At most `limit` characters of a long line round `[start, end)`, and where that range is in them."""
    if len(line) <= limit:
        return line, start, end
    left = max(0, min(start - limit // 4, len(line) - limit))
    right = min(len(line), left + limit)
    before, after = "…" if left else "", "…" if right < len(line) else ""
    shift = len(before) - left
    inside = len(before) + right - left
    return before + line[left:right] + after, min(start + shift, inside), min(end + shift, inside)


def expanded(line: str, offset: int) -> int:
    """The terminal column (from 0) of the character at `offset`, as `shown` writes the line."""
    return width(shown(line[:offset]))


def shown(line: str) -> str:
    """A source line as it is printed: tabs as four spaces, control characters as codes."""
    return printable(line.replace("\t", "    "))
