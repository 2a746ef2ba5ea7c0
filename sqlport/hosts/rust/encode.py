"""Edits of what a string token says as edits of how it is written: its kind stays, and the result is read again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlport.hosts.rust.literals import LiteralError, Token, scan
from sqlport.model import Edit

_RISKY = re.compile('[\\\\"\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]')
_NAMED = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\0": "\\0"}


@dataclass(frozen=True, slots=True)
class TokenEdit:
    """Replace the characters `[start, end)` of what the token says by `text`."""

    start: int
    end: int
    text: str


def edit_token(source: str, token: Token, edits: Sequence[TokenEdit]) -> tuple[Edit, ...] | None:
    """`edits` (sorted, apart) as edits of the source, or None where the literal cannot say the result.

    A raw string gets as many hashes as its new text needs. What is returned was read again and says exactly
    the expected text.
    """
    if token.raw and any("\r" in edit.text for edit in edits):
        return None  # rustc takes no bare CR there
    expected = edited(token, edits)
    for spell in (_plain, _careful):
        changes = [_change(token, edit, spell(edit.text, token, "\r\n" in source)) for edit in edits]
        hashes = _hashes(expected) if token.raw else 0
        if hashes > token.hashes:
            more = "#" * (hashes - token.hashes)
            opening = token.start + len(token.prefix)
            changes = [Edit(opening, opening, more), *changes, Edit(token.end, token.end, more)]
        if _says(changed(source, token, changes), token, expected):
            return tuple(changes)
    return None


def edited(token: Token, edits: Sequence[TokenEdit]) -> str:
    """What the token says with the edits made."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (token.text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + token.text[at:]


def changed(source: str, token: Token, changes: Sequence[Edit]) -> str:
    """The token's source with the changes made."""
    pieces: list[str] = []
    at = token.start
    for change in changes:
        pieces += (source[at : change.start], change.text)
        at = max(at, change.end)
    return "".join(pieces) + source[at : token.end]


def _says(source: str, token: Token, expected: str) -> bool:
    try:
        new = scan(source, 0)
    except LiteralError:
        return False
    return new.end == len(source) and new.prefix == token.prefix and new.text == expected


def _change(token: Token, edit: TokenEdit, text: str) -> Edit:
    start, end = token.source_range(edit.start, edit.end)
    return Edit(start, end, text)


def _hashes(text: str) -> int:
    """How many hashes a raw string of this text needs: one more than any run behind a quote in it."""
    return max((len(run) + 1 for run in re.findall(r'"(#*)', text)), default=0)


def _plain(text: str, token: Token, crlf: bool) -> str:
    lines = text.replace("\n", "\r\n") if crlf else text
    if token.raw:
        return lines
    return _RISKY.sub(lambda match: _escaped(match.group()), text).replace("\n", "\r\n" if crlf else "\n")


def _careful(text: str, token: Token, crlf: bool) -> str:
    """The first character as a number: behind a continued line a blank would be taken with it."""
    if token.raw or not text or not text[0].isspace():
        return _plain(text, token, crlf)
    return f"\\x{ord(text[0]):02x}" + _plain(text[1:], token, crlf)


def _escaped(char: str) -> str:
    return _NAMED.get(char) or f"\\u{{{ord(char):x}}}"
