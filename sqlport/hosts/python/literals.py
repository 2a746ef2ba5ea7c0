"""The literal map: what a string token says, and for every character of it where it is written.

Works on the source alone and alike on all Python versions: f-strings are taken apart here, by the rules of
PEP 701 (of which the older rules are a part), not by the running Python's tokenizer.
Source: https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass


class LiteralError(ValueError):
    """The source at this place is not a whole string token."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Literal text of a token: character `i` is written at source `[starts[i], ends[i])`.

    A line continuation writes no character and lies between two spans; `at` is where the first would be.
    """

    text: str
    at: int
    starts: Sequence[int]
    ends: Sequence[int]

    def source_range(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `[start, end)` are written; for an empty range the place between two."""
        if start < end:
            return self.starts[start], self.ends[end - 1]
        if start < len(self.text):
            return self.starts[start], self.starts[start]
        place = self.ends[start - 1] if start else self.at
        return place, place


@dataclass(frozen=True, slots=True)
class Field:
    """A replacement field `{...}` of an f- or t-string at source `[start, end)`.

    `source` is its expression; `debug` the text that `=` adds before the value; `formatted` tells that a
    conversion other than `!s` or a format spec changes the value.
    """

    start: int
    end: int
    source: str
    debug: str = ""
    formatted: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """One string token at source `[start, end)`; f- and t-strings have a field between each two fragments."""

    start: int
    end: int
    prefix: str
    quote: str
    fragments: tuple[Fragment, ...]
    fields: tuple[Field, ...] = ()

    @property
    def raw(self) -> bool:
        """Whether backslashes stand for themselves."""
        return "r" in self.prefix

    @property
    def is_bytes(self) -> bool:
        """Whether the token is a bytes literal, which never holds SQL."""
        return "b" in self.prefix

    @property
    def formatted(self) -> bool:
        """Whether the token is an f- or t-string."""
        return "f" in self.prefix or "t" in self.prefix


_HEAD = re.compile(r"""([rRuUbBfFtT]{0,2})(\"{3}|'{3}|"|')""")
_PLAIN_BODY = {
    "'": re.compile(r"[^\\'\r\n]*(?:\\(?:\r\n|.)[^\\'\r\n]*)*'", re.DOTALL),
    '"': re.compile(r'[^\\"\r\n]*(?:\\(?:\r\n|.)[^\\"\r\n]*)*"', re.DOTALL),
    "'''": re.compile(r"[^\\']*(?:(?:\\.|'(?!''))[^\\']*)*'''", re.DOTALL),
    '"""': re.compile(r'[^\\"]*(?:(?:\\.|"(?!""))[^\\"]*)*"""', re.DOTALL),
}
_BETWEEN = re.compile(r"(?:[ \t\f\r\n]+|#[^\r\n]*|\\(?:\r\n|\r|\n))*")
_FORMATTED_STEP = re.compile(r"[\\{}'\"\r\n]")
_FIELD_STEP = re.compile(r"[\[\](){}:!=#'\"]")
_SPEC_STEP = re.compile(r"[\\{}]")
_STRING_PREFIX = re.compile(r"(?:^|[^\w])([rRuUbBfFtT]{1,2})$")

_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE = re.compile(
    r"\\(?:(?P<newline>\r\n|\r|\n)|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|N\{(?P<name>[^{}]+)\}|(?P<simple>[\\'\"abfnrtv]))"
)
_SPECIAL = {
    (False, False): re.compile(r"\\|\r"),
    (False, True): re.compile(r"\\|\r|[{}]"),
    (True, False): re.compile(r"\r"),
    (True, True): re.compile(r"\r|[{}]"),
}


def scan(text: str, at: int) -> Token:
    """The string token that begins at `at`. Raises LiteralError when there is none."""
    head = _HEAD.match(text, at)
    if head is None:
        raise LiteralError(f"no string token at {at}")
    prefix, quote = head.group(1).lower(), head.group(2)
    if "f" in prefix or "t" in prefix:
        return _formatted(text, at, head.end(), prefix, quote)
    body = _PLAIN_BODY[quote].match(text, head.end())
    if body is None:
        raise LiteralError(f"the string token at {at} does not end")
    end = body.end() - len(quote)
    raw = "r" in prefix
    return Token(at, body.end(), prefix, quote, (_decode(text, head.end(), end, raw, braces=False),))


def scan_all(text: str, start: int, end: int) -> tuple[Token, ...]:
    """The implicitly concatenated tokens of `[start, end)`, between which only space and comments stand.

    Raises LiteralError when anything else does.
    """
    tokens: list[Token] = []
    at = start
    while at < end:
        token = scan(text, at)
        tokens.append(token)
        between = _BETWEEN.match(text, token.end)
        at = between.end() if between else token.end
    if not tokens or tokens[-1].end != end:
        raise LiteralError(f"not only string tokens in {start} to {end}")
    return tuple(tokens)


def _formatted(text: str, start: int, at: int, prefix: str, quote: str) -> Token:
    raw = "r" in prefix
    fragments: list[Fragment] = []
    fields: list[Field] = []
    begin = at
    while True:
        step = _FORMATTED_STEP.search(text, at)
        if step is None:
            raise LiteralError(f"the string token at {start} does not end")
        at = step.start()
        char = step.group()
        if char == "\\":
            at = _after_backslash(text, at, raw)
        elif text.startswith(quote, at):
            fragments.append(_decode(text, begin, at, raw, braces=True))
            return Token(start, at + len(quote), prefix, quote, tuple(fragments), tuple(fields))
        elif char in "\r\n":
            if len(quote) == 1:
                raise LiteralError(f"the string token at {start} does not end")
            at += 1
        elif char in "'\"":
            at += 1
        elif text.startswith(char * 2, at):
            at += 2
        elif char == "{":
            fragments.append(_decode(text, begin, at, raw, braces=True))
            fields.append(_field(text, at))
            begin = at = fields[-1].end
        else:
            raise LiteralError(f"a single '}}' at {at}")


def _after_backslash(text: str, at: int, raw: bool) -> int:
    """Where to go on behind the backslash at `at` of an f-string."""
    follower = text[at + 1 : at + 2]
    if follower in ("{", "}"):
        return at + 1
    if not raw and follower == "N" and text[at + 2 : at + 3] == "{":
        end = text.find("}", at)
        return end + 1 if end > 0 else at + 2
    return at + (3 if text.startswith("\r\n", at + 1) else 2)


def _field(text: str, start: int) -> Field:
    at = start + 1
    depth = 0
    debug = ""
    source_end = -1
    while True:
        step = _FIELD_STEP.search(text, at)
        if step is None:
            raise LiteralError(f"the field at {start} does not end")
        at, char = step.start(), step.group()
        if char in "'\"":
            at = _nested_string(text, start, at)
        elif char == "#":
            at = _line_end(text, at)
        elif char in "([{":
            depth += 1
            at += 1
        elif char in ")]}" and depth:
            depth -= 1
            at += 1
        elif depth:
            at += 1
        elif char == "}":
            source = text[start + 1 : at if source_end < 0 else source_end].strip()
            return Field(start, at + 1, source, debug)
        elif text.startswith(("!=", "=="), at):
            at += 2
        elif char == "=" and text[at - 1] in "<>":
            at += 1
        elif char == "=":
            source_end = at
            at += 1
            while text[at : at + 1].isspace():
                at += 1
            debug = text[start + 1 : at]
        elif char in ":!":
            source = text[start + 1 : at if source_end < 0 else source_end].strip()
            plain = char == "!" and re.compile(r"!\s*s\s*\}").match(text, at) is not None
            return Field(start, _field_end(text, start, at), source, debug, formatted=not plain)
        else:
            raise LiteralError(f"the field at {start} does not end")


def _field_end(text: str, start: int, at: int) -> int:
    """Behind the `}` of the field whose conversion or format spec begins at `at`."""
    while True:
        step = _SPEC_STEP.search(text, at)
        if step is None:
            raise LiteralError(f"the field at {start} does not end")
        at = step.start()
        if step.group() == "}":
            return at + 1
        at = _field(text, at).end if step.group() == "{" else at + 2


def _nested_string(text: str, start: int, quote_at: int) -> int:
    prefix = _STRING_PREFIX.search(text, max(start, quote_at - 3), quote_at)
    return scan(text, quote_at - len(prefix.group(1)) if prefix else quote_at).end


def _line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    return at


def _decode(text: str, start: int, end: int, raw: bool, *, braces: bool) -> Fragment:
    """Source `[start, end)` (no quotes, no fields) as the characters that Python reads in it."""
    special = _SPECIAL[raw, braces]
    found = special.search(text, start, end)
    if found is None:
        return Fragment(text[start:end], start, range(start, end), range(start + 1, end + 1))
    pieces: list[str] = []
    starts, ends = array("q"), array("q")
    at = start
    while found is not None:
        here = found.start()
        pieces.append(text[at:here])
        starts.extend(range(at, here))
        ends.extend(range(at + 1, here + 1))
        chars, at = _special(text, here, end)
        pieces.append(chars)
        for _ in chars:
            starts.append(here)
            ends.append(at)
        found = special.search(text, at, end)
    pieces.append(text[at:end])
    starts.extend(range(at, end))
    ends.extend(range(at + 1, end + 1))
    return Fragment("".join(pieces), start, starts, ends)


def _special(text: str, at: int, end: int) -> tuple[str, int]:
    """The characters written by the special one at `at`, and where the next begins."""
    char = text[at]
    if char == "\r":
        return "\n", at + (2 if text.startswith("\r\n", at) else 1)
    if char in "{}":
        return char, at + 2
    escape = _ESCAPE.match(text, at, end)
    if escape is None:
        return "\\", at + 1  # an unknown escape: the backslash stays, the next character speaks for itself
    return _unescape(escape), escape.end()


def _unescape(escape: re.Match[str]) -> str:
    kind, value = escape.lastgroup, escape.group(escape.lastgroup or 0)
    if kind == "newline":
        return ""
    if kind == "simple":
        return _SIMPLE[value]
    if kind == "name":
        try:
            return unicodedata.lookup(value)
        except KeyError as error:
            raise LiteralError(f"unknown character name {value!r}") from error
    try:
        return chr(int(value, 8 if kind == "octal" else 16))
    except (ValueError, OverflowError) as error:
        raise LiteralError(f"no character {value!r}") from error
