"""Findings put where the user wrote the text: from characters of a statement to lines of a file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from sqlport.model import Literal, Origin, Place, SourceFile, Span, Statement


class Placer:
    """Places in a set of files; lines and literals are looked up once."""

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = files
        self._lines: dict[str, list[int]] = {}
        self._tokens: dict[Literal, object] = {}

    def of_statement(self, statement: Statement, span: Span) -> Place:
        """Where a part of a statement is written; for a part that is computed, where the statement begins."""
        ranges = [self._range(origin, span) for origin in statement.origins if _touched(origin, span)]
        found = [place for place in ranges if place is not None]
        if not found:
            return Place(statement.path, statement.line, statement.column, statement.line, statement.column)
        path, start, end = found[0]
        for other, _, later in found[1:]:
            if other == path:
                end = max(end, later)
        return self.of_file(path, Span(start, end))

    def of_file(self, path: str, span: Span) -> Place:
        """The lines and columns of a part of a file's text."""
        line, column = self._line(path, span.start)
        end_line, end_column = self._line(path, span.end)
        return Place(path, line, column, end_line, end_column)

    def _line(self, path: str, offset: int) -> tuple[int, int]:
        starts = self._lines.get(path)
        if starts is None:
            starts = self._lines[path] = line_starts(self._files[path].text)
        number = bisect_right(starts, offset)
        return number, offset - starts[number - 1] + 1

    def _range(self, origin: Origin, span: Span) -> tuple[str, int, int] | None:
        literal = origin.literal
        start = origin.offset + max(span.start, origin.start) - origin.start
        end = origin.offset + min(max(span.end, origin.start), origin.end) - origin.start
        if literal.host == "rust":
            from sqlport.hosts.rust.literals import scan as scan_rust

            first, last = scan_rust(self._files[literal.path].text, literal.start).source_range(start, max(start, end))
            return literal.path, first, last
        if literal.host != "python":
            return literal.path, literal.start + start, literal.start + max(start, end)
        from sqlport.hosts.python.literals import Token, scan

        token = self._tokens.get(literal)
        if not isinstance(token, Token):
            token = self._tokens[literal] = scan(self._files[literal.path].text, literal.start)
        first, last = token.fragments[literal.fragment].source_range(start, max(start, end))
        return literal.path, first, last


def _touched(origin: Origin, span: Span) -> bool:
    if span.start == span.end:
        return origin.start <= span.start <= origin.end
    return origin.start < span.end and span.start < origin.end


def line_starts(text: str) -> list[int]:
    """Where each line begins; lines end with LF, CRLF or CR, as Python counts them."""
    starts = [0]
    at = 0
    while True:
        feed, back = text.find("\n", at), text.find("\r", at)
        if feed < 0 and back < 0:
            return starts
        if back >= 0 and (feed < 0 or back < feed):
            at = back + (2 if text.startswith("\n", back + 1) else 1)
        else:
            at = feed + 1
        starts.append(at)
