"""The words of a SQL text: sqlglot's tokens as half-open ranges, with holes masked so that they read as names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlport.model import Hole, HoleKind, Span

HOLE_LETTER = "ħ"  # a letter for every SQL lexer here, and one that no real schema begins a name with
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written, `word` its upper case when it is an unquoted word, else the text.

    Some pairs of words are one token (`ORDER BY`, `PRIMARY KEY`); their `word` has one space between them.
    """

    text: str
    word: str
    start: int
    end: int
    kind: str

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


class LexError(ValueError):
    """The text is no sequence of SQL tokens (an unterminated string, for instance)."""


@cache
def dialect() -> Any:
    """sqlglot's SQLite dialect. It is used as it comes: subclasses break where the compiled build is installed."""
    from sqlglot.dialects.dialect import Dialect

    return Dialect.get_or_raise("sqlite")


def raw_tokens(sql: str) -> list[Any]:
    """sqlglot's own tokens of a text; raises LexError."""
    from sqlglot.errors import TokenError

    try:
        return list(_parted(dialect().tokenize(sql)))
    except TokenError as error:
        raise LexError(str(error).strip().splitlines()[0]) from error


def _parted(tokens: Iterable[Any]) -> Iterator[Any]:
    """The tokens with `?::`, which sqlglot takes for one operator, as a placeholder and a cast."""
    from sqlglot.tokenizer_core import TokenType

    for token in tokens:
        if token.token_type is not TokenType.QDCOLON:
            yield token
            continue
        place = {"line": token.line, "col": token.col}
        yield type(token)(TokenType.PLACEHOLDER, "?", start=token.start, end=token.start, **place)
        yield type(token)(TokenType.DCOLON, "::", start=token.start + 1, end=token.end, **place)


@lru_cache(maxsize=1024)
def tokenize(sql: str) -> tuple[Token, ...]:
    """The tokens of a text whose holes are masked already (comments are no tokens); raises LexError."""
    return tuple(convert(sql, raw) for raw in raw_tokens(sql))


def convert(sql: str, raw: Any) -> Token:
    """A token of sqlglot (`end` inclusive) as one of ours."""
    text = sql[raw.start : raw.end + 1]
    word = text
    if text[:1].isalpha() or text[:1] == "_":
        word = text.upper() if text.isidentifier() else " ".join(text.split()).upper()
    return Token(text, word, raw.start, raw.end + 1, _kind_name(raw.token_type))


@cache
def _kind_name(kind: Any) -> str:
    return str(kind.name)


def mask(sql: str, holes: Sequence[Hole], blank: frozenset[int] = frozenset()) -> str:
    """`sql` with every hole replaced by a name of the same length, or by spaces for the indexes in `blank`.

    The length stays, so every offset stays. A hole inside a string literal is left as it is written.
    """
    pieces: list[str] = []
    at = 0
    for index, hole in enumerate(holes):
        pieces.append(sql[at : hole.start])
        width = hole.end - hole.start
        if hole.kind is HoleKind.INSIDE_STRING:
            pieces.append(sql[hole.start : hole.end])
        elif index in blank:
            pieces.append(" " * width)
        else:
            pieces.append(stand_in(index, width))
        at = hole.end
    return "".join(pieces) + sql[at:]


def stand_in(index: int, width: int) -> str:
    """A name of exactly `width` (at least 3) characters that stands for hole `index`."""
    digits = _DIGITS[index // 36 % 36] + _DIGITS[index % 36] if index >= 36 else _DIGITS[index]
    return (HOLE_LETTER + digits).ljust(width, "_")
