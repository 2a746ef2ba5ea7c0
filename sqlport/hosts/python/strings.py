"""What Python's string operations do to a value: every character keeps its origin where it stays itself."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable
from typing import Literal as OneOf

from sqlport.hosts.python.concat import concat
from sqlport.hosts.python.values import (
    MAX_PIECES,
    MAX_TEXT,
    TOO_LONG,
    Chars,
    Const,
    Gap,
    Items,
    Piece,
    Str,
    Unknown,
    Value,
)
from sqlport.model import HoleKind

GAP = "\ufffc"
"""Stands for a gap, as one character, in flat text."""


def flat(value: Str) -> str:
    """The text with one `GAP` for each gap."""
    return "".join(piece.text if isinstance(piece, Chars) else GAP for piece in value.pieces)


def tail(value: Str) -> str:
    """The end of the text: its last piece."""
    if not value.pieces:
        return ""
    last = value.pieces[-1]
    return last.text[-100:] if isinstance(last, Chars) else GAP


class Cutter:
    """Cuts ranges of the flat text out of a string, in time that grows with the cut and not with the string."""

    def __init__(self, value: Str) -> None:
        self.pieces = value.pieces
        self.text = flat(value)
        self.starts: list[int] = []
        at = 0
        for piece in value.pieces:
            self.starts.append(at)
            at += len(piece.text) if isinstance(piece, Chars) else 1

    def cut(self, start: int, end: int) -> list[Piece]:
        """The pieces of the flat text's `[start, end)`."""
        found: list[Piece] = []
        index = max(bisect.bisect_right(self.starts, start) - 1, 0)
        while index < len(self.pieces) and self.starts[index] < end:
            piece, at = self.pieces[index], self.starts[index]
            if isinstance(piece, Gap):
                if start <= at:
                    found.append(piece)
            else:
                a, b = max(start - at, 0), min(end - at, len(piece.text))
                if a < b:
                    found.append(Chars(piece.text[a:b], piece.literal, piece.offset + a))
            index += 1
        return found

    def is_gap(self, at: int) -> bool:
        """Whether the flat text has a gap at `at` (and not that very character)."""
        index = bisect.bisect_right(self.starts, at) - 1
        return isinstance(self.pieces[index], Gap)

    def kept(self, ranges: Iterable[tuple[int, int]]) -> Str:
        """The string of those ranges only."""
        return Str(tuple(piece for start, end in ranges for piece in self.cut(start, end)))


def strip(value: Str, chars: str | None, side: OneOf["strip", "lstrip", "rstrip"]) -> Str:
    """`str.strip` and its kin."""
    cutter = Cutter(value)
    text = cutter.text
    start = len(text) - len(text.lstrip(chars)) if side != "rstrip" else 0
    end = len(text.rstrip(chars)) if side != "lstrip" else len(text)
    return cutter.kept([(start, max(start, end))])


def change_case(value: Str, change: Callable[[str], str]) -> Str:
    """`str.upper` and its kin. Changed text has no origin: what is inserted there would be changed, too."""
    return Str(
        tuple(
            piece if isinstance(piece, Gap) or change(piece.text) == piece.text else Chars(change(piece.text))
            for piece in value.pieces
        )
    )


def replace(value: Str, old: str, new: Value, count: int = -1) -> Value:
    """`str.replace` with a constant to look for."""
    if not old:
        return Unknown("", "replace() of an empty text")
    cutter = Cutter(value)
    operands: list[tuple[Value, str]] = []
    at = 0
    while count and (found := cutter.text.find(old, at)) >= 0:
        operands += [(cutter.kept([(at, found)]), ""), (new, "")]
        at = found + len(old)
        count -= 1
        if len(operands) > MAX_PIECES:
            return Unknown("", TOO_LONG)
    operands.append((cutter.kept([(at, len(cutter.text))]), ""))
    return concat(operands)


def dedent(value: Str) -> Str:
    """`textwrap.dedent`: lines of white space only become empty, the common margin goes."""
    cutter = Cutter(value)
    lines = [match.span() for match in re.finditer(r"[^\n]*(?:\n|\Z)", cutter.text) if match.group()]
    margin: str | None = None
    for start, end in lines:
        line = cutter.text[start:end]
        if line.strip(" \t\n"):
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            margin = indent if margin is None else _common(margin, indent)
    width = len(margin or "")
    ranges = []
    for start, end in lines:
        line = cutter.text[start:end]
        blank = not line.strip(" \t\n")
        ranges.append((end - line.endswith("\n"), end) if blank else (start + width, end))
    return cutter.kept(ranges)


def cleandoc(value: Str) -> Str:
    """`inspect.cleandoc`: as dedent, but the first line has no say, and blank lines at both ends go."""
    first, *rest = split_lines(value)
    body = dedent(Str(tuple(piece for line in rest for piece in line.pieces)))
    return strip(Str((*strip(first, None, "lstrip").pieces, *body.pieces)), "\n", "strip")


def split_lines(value: Str) -> list[Str]:
    """The lines with their ends; at least one."""
    cutter = Cutter(value)
    spans = [match.span() for match in re.finditer(r"[^\n]*(?:\n|\Z)", cutter.text) if match.group()]
    return [cutter.kept([span]) for span in spans] or [Str()]


def _common(a: str, b: str) -> str:
    size = 0
    while size < min(len(a), len(b)) and a[size] == b[size]:
        size += 1
    return a[:size]


def slice_of(value: Str, start: int | None, end: int | None) -> Value:
    """`value[start:end]`; a gap that may reach over the cut takes with it what is cut behind it."""
    cutter = Cutter(value)
    size = len(cutter.text)
    gaps = _gap_places(cutter)
    if end is not None and end < 0 and gaps and gaps[-1] >= size + end and (start is None or start >= 0):
        size, end = gaps[-1] + 1, None
    for bound in (start, end):
        if bound is not None and any(at < bound if bound >= 0 else at >= size + bound for at in gaps):
            return Unknown("", "a slice of computed text")
    a, b, _ = slice(start, end).indices(size)
    return cutter.kept([(a, max(a, b))])


def _gap_places(cutter: Cutter) -> list[int]:
    return [start for piece, start in zip(cutter.pieces, cutter.starts, strict=True) if isinstance(piece, Gap)]


def repeat(value: Str, times: int) -> Value:
    """`value * times`."""
    size = sum(len(piece.text) for piece in value.pieces if isinstance(piece, Chars))
    if times > 0 and (size * times > MAX_TEXT or len(value.pieces) * times > MAX_PIECES):
        return Unknown("", TOO_LONG)
    return Str(value.pieces * max(times, 0))


def join(separator: Str, items: Items, source: str) -> Value:
    """`separator.join(items)`; where more elements may follow, a gap stands for them."""
    operands: list[tuple[Value, str]] = []
    for index, item in enumerate(items.values):
        if index:
            operands.append((separator, ""))
        operands.append((item, f"{source}[{index}]"))
        if isinstance(item, Const):
            return Unknown(source, "join() of values that are not strings")
    if items.open and all(is_placeholder(item) for item in items.values):
        return Unknown(source, "a list of placeholders", HoleKind.PLACEHOLDERS)
    return concat(operands)


def is_placeholder(value: Value) -> bool:
    """Whether a text is nothing but a placeholder, with or without a comma (`?`, `%s`, `?, `, `(?)`)."""
    return isinstance(value, Str) and re.fullmatch(r"\s*,?\s*\(?(\?|%s|%%s)\)?\s*,?\s*", flat(value)) is not None
