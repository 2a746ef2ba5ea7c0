"""Rust's string tokens: what one says, and where in the source each character of it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(r"(?P<prefix>[bc]?r?)(?P<hashes>#*)\"")
_ESCAPE = re.compile(
    r"\\(?:x(?P<hex>[0-9a-fA-F]{2})|u\{(?P<code>[0-9a-fA-F_]{1,8})\}|(?P<gap>\r?\n\s*)|(?P<one>.))", re.DOTALL
)
_ONE = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "0": "\0", "'": "'", '"': '"'}


class LiteralError(ValueError):
    """The text is no string literal of Rust."""


@dataclass(frozen=True, slots=True)
class Token:
    """A string token at `[start, end)` of the source; `body` is where its content begins, `text` what it says.

    `starts` and `ends` give the source range of each character where the content is not its own text.
    """

    start: int
    end: int
    body: int
    prefix: str
    hashes: int
    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    @property
    def raw(self) -> bool:
        """Whether backslashes are characters like others."""
        return "r" in self.prefix

    @property
    def body_end(self) -> int:
        """Where the content ends."""
        return self.end - 1 - self.hashes

    def source_range(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `[start, end)` are written; for none of them the place behind the one before."""
        if self.starts is None or self.ends is None:
            return self.body + start, self.body + end
        if start == end:
            at = self.ends[start - 1] if start else self.body
            return at, at
        return self.starts[start], self.ends[end - 1]


def scan(source: str, at: int) -> Token:
    """The string token that begins at `at` (https://doc.rust-lang.org/reference/tokens.html#string-literals).

    Raises LiteralError where there is none, or where it does not end.
    """
    opening = _OPENING.match(source, at)
    if opening is None or (opening["hashes"] and "r" not in opening["prefix"]):
        raise LiteralError("no string literal begins there")
    body = opening.end()
    if "r" in opening["prefix"]:
        closing = '"' + opening["hashes"]
        end = source.find(closing, body)
        if end < 0:
            raise LiteralError("the raw string does not end")
        return _raw(source, at, body, end, opening["prefix"], len(opening["hashes"]))
    return _plain(source, at, body, opening["prefix"])


def _raw(source: str, start: int, body: int, end: int, prefix: str, hashes: int) -> Token:
    text = source[body:end]
    if "\r\n" not in text:
        return Token(start, end + 1 + hashes, body, prefix, hashes, text)
    starts: list[int] = []
    ends: list[int] = []
    chars: list[str] = []
    at = body
    while at < end:
        size = 2 if source.startswith("\r\n", at) else 1
        starts.append(at)
        chars.append("\n" if size == 2 else source[at])
        at += size
        ends.append(at)
    return Token(start, end + 1 + hashes, body, prefix, hashes, "".join(chars), tuple(starts), tuple(ends))


def _plain(source: str, start: int, body: int, prefix: str) -> Token:
    end = source.find('"', body)
    content = source[body:end] if end >= 0 else source[body:]
    if end >= 0 and "\\" not in content and "\r" not in content:
        return Token(start, end + 1, body, prefix, 0, content)
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = body
    while at < len(source):
        char = source[at]
        if char == '"':
            return Token(start, at + 1, body, prefix, 0, "".join(chars), tuple(starts), tuple(ends))
        size, said = 1, char
        if char == "\\":
            size, said = _escape(source, at)
        elif source.startswith("\r\n", at):
            size, said = 2, "\n"
        if said:
            chars.append(said)
            starts.append(at)
            ends.append(at + size)
        at += size
    raise LiteralError("the string does not end")


def _escape(source: str, at: int) -> tuple[int, str]:
    """How long the escape at `at` is, and what it says: nothing for a line that is continued."""
    found = _ESCAPE.match(source, at)
    if found is None:
        raise LiteralError("the string does not end")
    size = found.end() - at
    if found["gap"] is not None:
        return size, ""
    if found["hex"]:
        return size, chr(int(found["hex"], 16))
    if found["code"]:
        number = int(found["code"].replace("_", "") or "0", 16)
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise LiteralError("an escape that is no character")
        return size, chr(number)
    if found["one"] not in _ONE:
        raise LiteralError("an escape that Rust does not know")
    return size, _ONE[found["one"]]
