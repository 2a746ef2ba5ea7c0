"""A cursor over the words of one statement, for grammars that are read without a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlport.model import Span
from sqlport.sql.definitions import Clause, Name
from sqlport.sql.tokens import Token

# Words that SQLite 3.40 does not take as a name, found by trying all of its keywords.
_KEYWORDS = """
    ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DEFERRABLE
    DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT INTO
    IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE
    THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE
"""
NO_NAME = frozenset(_KEYWORDS.split())
NO_TYPE = NO_NAME | {"CROSS", "FULL", "INDEXED", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT"}
"""Words that are neither part of a type nor a collation nor a bare default."""

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_QUOTES = {'"': '"', "'": "'", "`": "`", "[": "]"}


class UnreadableError(Exception):
    """The words are not what SQLite's grammar asks for at this place."""


class Cursor:
    """The words of a statement and how far they are read. Methods read at the cursor and move it.

    Those that cannot read what they are named for raise `UnreadableError`, or give None where they say so.
    """

    def __init__(self, text: str, tokens: Iterable[Token]) -> None:
        self._text = text
        self._tokens = [word for token in tokens for word in _single_words(token)]
        while self._tokens and self._tokens[-1].text == ";":
            self._tokens.pop()
        self._at = 0

    def word(self, ahead: int = 0) -> str:
        """The word there in capitals if it is not quoted, else as written; empty at the end."""
        index = self._at + ahead
        return self._tokens[index].word if index < len(self._tokens) else ""

    def token(self) -> Token:
        """The next token, which stays the next one."""
        if self._at >= len(self._tokens):
            raise UnreadableError
        return self._tokens[self._at]

    def advance(self) -> Token:
        """The next token, whatever it is, and past it."""
        token = self.token()
        self._at += 1
        return token

    def sees(self, first: str, *others: str) -> bool:
        """Whether these words come next."""
        return self.word() == first and all(self.word(ahead) == word for ahead, word in enumerate(others, 1))

    def take(self, *words: str) -> Span | None:
        """The place of these words if they come next (then past them), else None."""
        if not self.sees(*words):
            return None
        start = self._tokens[self._at].start
        self._at += len(words)
        return self.since(start)

    def need(self, *words: str) -> Span:
        """The place of these words, which must come next, and past them."""
        span = self.take(*words)
        if span is None:
            raise UnreadableError
        return span

    def since(self, start: int) -> Span:
        """From `start` to the end of the last word that was read."""
        return Span(start, self._tokens[self._at - 1].end if self._at else start)

    def here(self) -> int:
        """Where the next word begins, or the last one ends."""
        return self._tokens[self._at].start if self._at < len(self._tokens) else self._tokens[-1].end

    def rest(self) -> Span:
        """All that is left, at least one word."""
        start = self.token().start
        self._at = len(self._tokens)
        return self.since(start)

    def end(self) -> None:
        """Nothing may be left."""
        if self._at != len(self._tokens):
            raise UnreadableError

    def name(self, refused: frozenset[str] = NO_NAME) -> Name:
        """An identifier in any quotes or none, except the words in `refused`."""
        token = self.token()
        if not is_word(token) or token.word in refused:
            raise UnreadableError
        self._at += 1
        return self.named(token)

    def named(self, token: Token) -> Name:
        """A token as a name."""
        return Name(unquoted(token.span.of(self._text)), token.span)

    def qualified_name(self) -> tuple[Name | None, Name]:
        """`schema.name` or `name`."""
        first = self.name()
        return (first, self.name()) if self.take(".") else (None, first)

    def enclosed(self) -> Span:
        """What stands between the parentheses that come next, and past them; it is never empty."""
        self.need("(")
        inside: list[Token] = []
        depth = 1
        while depth:
            token = self.advance()
            depth += (token.text == "(") - (token.text == ")")
            inside.append(token)
        if len(inside) == 1:
            raise UnreadableError
        return Span(inside[0].start, inside[-2].end)

    def term(self, *stops: str) -> list[Token]:
        """The tokens up to one of `stops` outside parentheses, at least one; the stop stays the next."""
        taken: list[Token] = []
        depth = 0
        while depth or self.word() not in stops:
            token = self.advance()
            depth += (token.text == "(") - (token.text == ")")
            taken.append(token)
        if not taken:
            raise UnreadableError
        return taken

    def clause(self, *phrases: str) -> Clause | None:
        """The first of these phrases that comes next (then past it), else None."""
        for phrase in phrases:
            span = self.take(*phrase.split())
            if span is not None:
                return Clause(phrase, span)
        return None

    def number(self) -> None:
        """A number without sign; sqlglot makes two tokens of `.5`."""
        match = _NUMBER.match(self._text, self.token().start)
        if match is None:
            raise UnreadableError
        while self._at < len(self._tokens) and self._tokens[self._at].end <= match.end():
            self._at += 1
        if self._tokens[self._at - 1].end != match.end():
            raise UnreadableError

    def text_of(self, span: Span) -> str:
        """The characters there."""
        return span.of(self._text)


def unquoted(text: str) -> str:
    """An identifier or string as written, without its quotes (`"`, `'`, `` ` `` or `[]`)."""
    close = _QUOTES.get(text[:1])
    if close is None or len(text) < 2 or text[-1] != close:
        return text
    return text[1:-1] if close == "]" else text[1:-1].replace(close * 2, close)


def is_word(token: Token) -> bool:
    """Whether it is an identifier or a string, with or without quotes, keywords included."""
    first = token.text[:1]
    if is_blob(token):
        return False
    return first in _QUOTES or first == "_" or first.isalpha() or first > "\x7f"


def is_blob(token: Token) -> bool:
    """Whether it is a blob literal."""
    return token.text[:2] in ("x'", "X'")


def _single_words(token: Token) -> Sequence[Token]:
    """A token of several words (`PRIMARY KEY`, `DOUBLE PRECISION` are one for sqlglot) as one for each."""
    if not token.text[:1].isalpha() or "'" in token.text or not any(map(str.isspace, token.text)):
        return (token,)
    return [
        Token(match[0], match[0].upper(), token.start + match.start(), token.start + match.end(), "VAR")
        for match in re.finditer(r"\S+", token.text)
    ]
