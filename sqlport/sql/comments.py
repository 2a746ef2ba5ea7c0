"""Where the comments of a SQLite text stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.model import Span

# https://www.sqlite.org/lang_comment.html: block comments do not nest, and one that does not end goes to the end.
_PIECE = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]""", re.DOTALL
)


def comments(text: str) -> Iterator[Span]:
    """Every comment, in order."""
    for piece in _PIECE.finditer(text):
        if piece["comment"] is not None:
            yield Span(piece.start(), piece.end())


def without_odd_comments(text: str) -> str:
    """The text with block comments blanked (same length) that a tokenizer which nests them would misread."""
    pieces: list[str] = []
    at = 0
    for span in comments(text):
        body = span.of(text)
        if body.startswith("/*") and (not body.endswith("*/") or "/*" in body[2:] or len(body) < len("/**/")):
            pieces += [text[at : span.start], re.sub(r"[^\n]", " ", body)]
            at = span.end
    return "".join(pieces) + text[at:]


def without_comments(text: str) -> str:
    """The text with a blank for every comment, and none before its first word or behind its last."""
    pieces: list[str] = []
    at = 0
    for span in comments(text):
        pieces += [text[at : span.start], " "]
        at = span.end
    return ("".join(pieces) + text[at:]).strip()
