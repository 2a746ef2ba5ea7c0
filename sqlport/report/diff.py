"""Unified diffs that `git apply` and `patch` take."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping

from sqlport.report.paint import Paint, painter

NO_NEWLINE = "\\ No newline at end of file\n"


def render(diffs: Mapping[str, tuple[str | None, str]], *, color: bool = False) -> str:
    """The unified diff of all files, in the order given."""
    paint = painter(color)
    return "".join(_painted(unified(path, old, new), paint) for path, (old, new) in diffs.items())


def unified(path: str, old: str | None, new: str) -> str:
    """The unified diff of one file, which is new when `old` is None; empty when nothing changes.

    Line ends are kept as they are.
    """
    before, after = (path, path) if path.startswith("/") else (f"a/{path}", f"b/{path}")
    if old is None:
        before = "/dev/null"
    lines = difflib.unified_diff(_lines(old or ""), _lines(new), _quoted(before), _quoted(after))
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as `git` counts them: ended by LF only, a CR before it belongs to the line."""
    return list(io.StringIO(text, newline="\n"))


def _quoted(path: str) -> str:
    """The path as `git` writes it: quoted when it has a character that would end it, a tab behind a space."""
    if not any(character in '"\\\t\n\r' for character in path):
        return path + "\t" if " " in path else path
    escapes = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return '"' + "".join(escapes.get(character, character) for character in path) + '"'


def _painted(diff: str, paint: Paint) -> str:
    return "".join(_line(line, paint) for line in _lines(diff))


def _line(line: str, paint: Paint) -> str:
    body = line.rstrip("\n")
    styles = {"---": "bold", "+++": "bold", "@@ ": "cyan"}
    style = styles.get(body[:3]) or {"-": "red", "+": "green"}.get(body[:1])
    return paint(body, style) + line[len(body) :] if style else line
