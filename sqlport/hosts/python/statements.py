"""Values at sinks to statements: holes named and classified, scripts split, every character with its origin."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlport.hosts.python.branches import Engine
from sqlport.hosts.python.dialects import dialect_of
from sqlport.hosts.python.holes import kinds
from sqlport.hosts.python.values import Chars, Gap, Piece, Str
from sqlport.model import Arguments, Dialect, Hole, HoleKind, Literal, Origin, Span, Statement


@dataclass(frozen=True, slots=True)
class Site:
    """The call (or marked literal) that a statement belongs to; `scope` is the function it is in.

    `engine` is the one on which it runs where the program branches on the engine.
    """

    path: str
    line: int
    column: int
    scope: str
    sink: str
    dialect: Dialect
    arguments: Arguments
    any_format: bool = False
    engine: Engine = ""


Place = Callable[[Literal, int], "tuple[int, int]"]
"""The 1-based line and column where a character of a literal is written, by its decoded offset."""


@dataclass(slots=True)
class Builder:
    """Makes the statements of one file; remembers what it made, so that equal ones get different ids."""

    place: Place
    host: str = "python"
    made: dict[str, int] = field(default_factory=dict)

    def statements(self, value: Str, site: Site, alternative: int) -> list[Statement]:
        """The statements of one text; several where it is a script."""
        from sqlport.sql.split import split

        written = _written(value)
        return [
            self._statement(written, piece.span, site, alternative)
            for piece in split(written.sql)
            if not piece.dot_command
        ]

    def _statement(self, written: _Written, span: Span, site: Site, alternative: int) -> Statement:
        start, end = span.start, span.end
        text = written.sql[start:end]
        inner = [gap for gap in written.gaps if start <= gap[0] and gap[1] <= end]
        found = kinds(text, [(gap[0] - start, gap[1] - start) for gap in inner])
        holes = tuple(
            Hole(name, _kind(gap, kind), gap.source, a - start, b - start)
            for (a, b, name, gap), kind in zip(inner, found, strict=True)
        )
        clipped = tuple(part for origin in written.origins if (part := _clipped(origin, start, end)) is not None)
        path, line, column, end_line = self._where(clipped, site)
        return Statement(
            id=self._id(site, text, alternative),
            path=path,
            line=line,
            column=column,
            end_line=end_line,
            host=self.host,
            dialect=_dialect(site, text),
            sink=site.sink,
            sink_path=site.path,
            sink_line=site.line,
            sql=text,
            holes=holes,
            origins=clipped,
            alternative=alternative,
            resolved=not holes,
            arguments=site.arguments,
            branch=site.engine if site.engine in ("sqlite", "other") else "",
        )

    def _where(self, origins: Sequence[Origin], site: Site) -> tuple[str, int, int, int]:
        if not origins:
            return site.path, site.line, site.column, site.line
        first = origins[0]
        line, column = self.place(first.literal, first.offset)
        last = next(origin for origin in reversed(origins) if origin.literal.path == first.literal.path)
        end_line, _ = self.place(last.literal, last.offset + last.end - last.start - 1)
        return first.literal.path, line, column, max(line, end_line)

    def _id(self, site: Site, sql: str, alternative: int) -> str:
        key = "\0".join((site.path, site.scope, site.sink, sql, str(alternative)))
        count = self.made[key] = self.made.get(key, 0) + 1
        digest = hashlib.sha256(f"{key}\0{count}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:12]


def _dialect(site: Site, text: str) -> Dialect:
    if site.engine in ("sqlite", "postgres"):
        return site.engine
    return dialect_of(site.dialect, text, any_format=site.any_format)


@dataclass(frozen=True, slots=True)
class _Written:
    """The text with `{name}` for each gap, the origins of its characters, and where the gaps stand."""

    sql: str
    origins: list[Origin]
    gaps: list[tuple[int, int, str, Gap]]


def _written(value: Str) -> _Written:
    names = _names(value.pieces)
    parts: list[str] = []
    origins: list[Origin] = []
    gaps: list[tuple[int, int, str, Gap]] = []
    at = 0
    for piece, name in zip(value.pieces, names, strict=True):
        if isinstance(piece, Gap):
            shown = f"{{{name}}}"
            gaps.append((at, at + len(shown), name, piece))
        else:
            shown = piece.text
            _add_origin(origins, piece, at)
        parts.append(shown)
        at += len(shown)
    return _Written("".join(parts), origins, gaps)


def _add_origin(origins: list[Origin], piece: Chars, at: int) -> None:
    if piece.literal is None or not piece.text:
        return
    end = at + len(piece.text)
    if origins:
        last = origins[-1]
        follows = last.end == at and last.offset + last.end - last.start == piece.offset
        if follows and last.literal == piece.literal:
            origins[-1] = Origin(last.start, end, last.literal, last.offset)
            return
    origins.append(Origin(at, end, piece.literal, piece.offset))


def _clipped(origin: Origin, start: int, end: int) -> Origin | None:
    a, b = max(origin.start, start), min(origin.end, end)
    if a >= b:
        return None
    return Origin(a - start, b - start, origin.literal, origin.offset + a - origin.start)


def _kind(gap: Gap, context: HoleKind) -> HoleKind:
    """The context decides what is inside a string; otherwise what is known of the expression does."""
    if gap.kind is None or context is HoleKind.INSIDE_STRING:
        return context
    return gap.kind


def _names(pieces: Sequence[Piece]) -> list[str]:
    """A name for each gap: after its expression, unique, and not written in the text itself."""
    taken = set()
    used: dict[str, int] = {}
    for piece in pieces:
        if isinstance(piece, Chars) and "{" in piece.text:
            taken.update(re.findall(r"\{(\w+)\}", piece.text))
    names = []
    for piece in pieces:
        name = ""
        if isinstance(piece, Gap):
            base = hole_name(piece.source)
            name, number = base, used.get(base, 1)
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            used[base] = number
            taken.add(name)
        names.append(name)
    return names


_KEY = re.compile(r"\[['\"](\w+)['\"]\]$")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"[^\W\d]\w*")
_NO_NAMES = frozenset(
    "join format str int len repr for in if else not and or is None True False await lambda _".split()
)


def hole_name(source: str) -> str:
    """An identifier that tells a reader which expression it stands for: `self.table` → `table`."""
    key = _KEY.search(source)
    if key is not None and key.group(1).isidentifier():
        return key.group(1)
    plain = _STRING.sub("", source)
    head = plain.partition("(")[0].partition("[")[0]
    for part in (head, plain):
        names: list[str] = [name for name in _NAME.findall(part) if name not in _NO_NAMES]
        if names:
            return names[-1][:40]
    return "hole"
