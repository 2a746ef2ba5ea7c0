"""Scripts into statements, where SQLite's shell would run them: strings, comments and trigger bodies respected."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlport.model import Span

# One step of the shell's scanner. See sqlite3_complete() in https://www.sqlite.org/c3ref/complete.html.
# PostgreSQL's `$$ ... $$` is there for ported triggers, which are read again; in SQLite it means nothing.
_STEP = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<dollars>\$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$)
    | (?P<quoted>'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z)|\[[^\]]*(?:\]|\Z))
    | (?P<word>[^\W\d]\w*)
    | (?P<semicolon>;)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a script: its first to its last token, without the semicolon that ends it."""

    span: Span
    dot_command: bool = False
    terminated: bool = True


def split(text: str) -> list[Piece]:
    """The statements of a script in order; a line that begins with a dot between them is a shell command."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        if text[at] == "." and _starts_line(text, at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            pieces.append(Piece(Span(at, at + len(text[at:end].rstrip())), dot_command=True))
            at = end
            continue
        match = _STEP.match(text, at)
        assert match is not None  # the last alternative takes any character
        if match.lastgroup in ("space", "comment", "semicolon"):
            at = match.end()
            continue
        piece, at = _statement(text, at)
        pieces.append(piece)
    return pieces


def _starts_line(text: str, at: int) -> bool:
    return text.rfind("\n", 0, at) == at - 1 or not text[:at].strip()


def _statement(text: str, start: int) -> tuple[Piece, int]:
    """The statement that begins at `start`, and where to go on behind its semicolon."""
    words: list[str] = []
    last = start
    trigger = False
    depth = 0  # CASE ... END inside a trigger body
    ended = False  # the body's END was the last token
    position = start
    while position < len(text):
        match = _STEP.match(text, position)
        assert match is not None
        group, position = match.lastgroup, match.end()
        if group in ("space", "comment"):
            if match.group().startswith("/*") and not match.group().endswith("*/"):
                last = position  # it has to go, so it belongs to the statement
            continue
        if group == "semicolon":
            if not trigger or ended:
                return Piece(Span(start, last)), position
            last = position
            continue
        last = position
        if group != "word":
            ended = False
            continue
        word = match.group().upper()
        if len(words) < 6:
            words.append(word)
            trigger = trigger or _is_trigger(words)
        if trigger:
            ended = word == "END" and depth == 0
            if word == "CASE":
                depth += 1
            elif word == "END" and depth:
                depth -= 1
    return Piece(Span(start, last), terminated=False), len(text)


def _is_trigger(words: list[str]) -> bool:
    rest = words[1:] if words[0] == "EXPLAIN" else words
    rest = [word for word in rest if word not in ("TEMP", "TEMPORARY", "QUERY", "PLAN")]
    return rest[:2] == ["CREATE", "TRIGGER"]
