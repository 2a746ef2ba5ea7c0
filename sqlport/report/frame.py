"""The user's lines round a place, with carets under it, and a fix as the lines that it changes."""

from __future__ import annotations

import difflib
import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlport.model import FileEdit, Place
from sqlport.report.paint import Paint, crop, expanded, shown

_CONTEXT = 1
_MOST = 6


@dataclass(frozen=True, slots=True)
class Lines:
    """A text by lines; `starts` are their offsets, `ends` do not count the line break."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        """Lines as editors count them: ended by LF, CR LF or CR, nothing else."""
        starts, ends, at = [0], [], 0
        for line in _lines(text):
            bare = len(line.rstrip("\r\n"))
            ends.append(at + bare)
            at += len(line)
            starts.append(at)
        if len(starts) > len(ends):
            ends.append(at)
        return cls(text, tuple(starts), tuple(ends))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, number: int) -> str:
        return self.text[self.starts[number - 1] : self.ends[number - 1]]

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and column."""
        return self.starts[line - 1] + column - 1

    def line_of(self, offset: int) -> int:
        """The 1-based line that the character at `offset` is in."""
        return max(1, bisect_right(self.starts, offset))


def frame(place: Place, source: Lines, paint: Paint, label: str = "") -> list[str]:
    """The lines of `place` with one line of context, marked by carets; `label` stands behind the last ones."""
    first, last = place.line, min(place.end_line, len(source))
    if last > first and place.end_column <= 1:
        last -= 1
    shown_lines = _numbers(max(1, first - _CONTEXT), first, last, min(len(source), last + _CONTEXT))
    if len(shown_lines) > 1 and shown_lines[-1] != last and not source[shown_lines[-1] or 1].strip():
        shown_lines.pop()
    gutter = len(str(max(number for number in shown_lines if number)))
    bar = paint("|", "blue")
    out = [f"{' ' * gutter} {bar}"]
    for number in shown_lines:
        if number is None:
            out.append(f"{' ' * gutter} {bar} {paint('...', 'dim')}")
            continue
        line = source[number]
        start, end = _marked(place, number, line) if first <= number <= last else (0, 0)
        line, start, end = crop(line, start, end)
        out.append(f"{paint(f'{number:>{gutter}}', 'blue')} {bar} {shown(line)}".rstrip())
        if first <= number <= last and (end > start or first == last):
            left, right = expanded(line, start), expanded(line, end)
            carets = paint("^" * max(1, right - left), "bold red")
            note = f" {paint(label, 'bold red')}" if label and number == last else ""
            out.append(f"{' ' * gutter} {bar} {' ' * left}{carets}{note}")
    out.append(f"{' ' * gutter} {bar}")
    return out


def change(edits: Sequence[FileEdit], source: Lines, paint: Paint) -> list[str]:
    """The lines that the edits of one file change, old ones with `-`, new ones with `+`."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    out: list[str] = []
    gutter = len(str(source.line_of(ordered[-1].end))) if ordered else 1
    for group in _groups(ordered, source):
        first, last = source.line_of(group[0].start), source.line_of(group[-1].end)
        start, end = source.starts[first - 1], source.ends[last - 1]
        old = source.text[start:end]
        new = _applied(old, group, start)
        out += _hunk(_lines(old), _lines(new), first, gutter, paint)
    return out


def _hunk(old: Sequence[str], new: Sequence[str], first: int, gutter: int, paint: Paint) -> Iterator[str]:
    bar = paint("|", "blue")
    matcher = difflib.SequenceMatcher(None, _bare(old), _bare(new), autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            for number in range(old_from, old_to):
                yield f"{first + number:>{gutter}} {bar}   {shown(_short(old[number]))}".rstrip()
            continue
        focus = _difference(old[old_from:old_to], new[new_from:new_to])
        for number in range(old_from, old_to):
            yield f"{first + number:>{gutter}} {bar} {paint(_row('-', old[number], focus), 'red')}"
        for number in range(new_from, new_to):
            yield f"{' ' * gutter} {bar} {paint(_row('+', new[number], focus), 'green')}"


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.rstrip("\r\n") for line in lines]


def _row(mark: str, line: str, focus: int) -> str:
    return f"{mark} {shown(_short(line, focus))}".rstrip()


def _short(line: str, focus: int = 0) -> str:
    return crop(line.rstrip("\r\n"), focus, focus)[0]


def _difference(old: Sequence[str], new: Sequence[str]) -> int:
    """The column where a one-line change begins, so that a cropped line shows it."""
    if len(old) != 1 or len(new) != 1:
        return 0
    pairs = zip(old[0], new[0], strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old[0]), len(new[0])))


def _groups(edits: Iterable[FileEdit], source: Lines) -> Iterator[list[FileEdit]]:
    """Edits whose lines meet, together."""
    group: list[FileEdit] = []
    for edit in edits:
        if group and source.line_of(edit.start) > source.line_of(group[-1].end) + 1:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _applied(old: str, edits: Sequence[FileEdit], base: int) -> str:
    parts, at = [], 0
    for edit in edits:
        parts += [old[at : edit.start - base], edit.text]
        at = edit.end - base
    return "".join((*parts, old[at:]))


def _numbers(context: int, first: int, last: int, end: int) -> list[int | None]:
    """Line numbers to show; None stands for lines that are left out of a long place."""
    if last - first < _MOST:
        return list(range(context, end + 1))
    return [*range(context, first + 3), None, *range(last - 1, end + 1)]


def _marked(place: Place, number: int, line: str) -> tuple[int, int]:
    """The characters of a line of the place to underline: without indentation where it only passes through."""
    text_from = len(line) - len(line.lstrip())
    start = min(place.column - 1, len(line)) if number == place.line else text_from
    end = min(place.end_column - 1, len(line)) if number == place.end_line else len(line.rstrip())
    return start, max(start, end)


def _lines(text: str) -> list[str]:
    """Like `str.splitlines(keepends=True)`, but only at LF, CR LF and CR."""
    return list(io.StringIO(text, newline=""))
