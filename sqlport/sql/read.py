"""One statement, read: tokens, a tree that points into the text, and what SQLite says that sqlglot cannot.

sqlglot's tree is used to know what a statement means. So that it says it without loss, the token list is
rewritten before parsing (`sqlport.sql.reader`). Offsets stay those of the given text throughout.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TypeVar

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from sqlport.model import Hole, HoleKind, Span
from sqlport.sql import spans
from sqlport.sql.comments import without_odd_comments
from sqlport.sql.ddl import read_alter_table, read_create_index, read_create_table
from sqlport.sql.reader import Placeholder, Problem, Reader
from sqlport.sql.tokens import LexError, Token, convert, mask, raw_tokens

Node = TypeVar("Node", bound=exp.Expr)

# sqlglot warns on its logger where it gives up; here that is a Problem, said with its place.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

_KINDS_WITHOUT_TREE = frozenset(
    """PRAGMA BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE VACUUM ATTACH DETACH REINDEX ANALYZE EXPLAIN""".split()
)


class UnlocatedError(LookupError):
    """Where in the text a part of the statement stands could not be told."""


@dataclass(frozen=True)
class Parsed:
    """A statement that was read.

    `kind` is its leading words (`SELECT`, `INSERT`, `CREATE TABLE`, `PRAGMA`). `tree` is None for a statement
    that has none (PRAGMA, BEGIN, CREATE TRIGGER, ...) and where `problem` tells why it could not be read.
    `lifted` are clauses that were taken out before parsing: `conflict` (`OR IGNORE`, `REPLACE`),
    `column-conflict` (`ON CONFLICT ROLLBACK` of a constraint),
    `upsert` (a second ON CONFLICT), `indexed`, `options` (`WITHOUT ROWID`, `STRICT`), `offset` (of an UPDATE or
    DELETE), `subscript` (of PostgreSQL's array_agg).
    """

    text: str
    tokens: tuple[Token, ...]
    kind: str
    tree: exp.Expr | None
    placeholders: tuple[Placeholder, ...] = ()
    holes: tuple[Hole, ...] = ()
    lifted: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    blanked: tuple[str, ...] = ()
    problem: Problem | None = None

    @cached_property
    def _spans(self) -> Mapping[int, Span]:
        return spans.locate(self.tree, self.tokens) if self.tree is not None else {}

    @cached_property
    def _by_type(self) -> Mapping[type[exp.Expr], list[exp.Expr]]:
        found: dict[type[exp.Expr], list[exp.Expr]] = {}
        for node in self.tree.dfs() if self.tree is not None else ():
            found.setdefault(type(node), []).append(node)
        return found

    def span(self, node: exp.Expr) -> Span:
        """The characters that a node was read from; raises UnlocatedError for a node that no text stands for."""
        try:
            return self._spans[id(node)]
        except KeyError:
            raise UnlocatedError(type(node).__name__) from None

    def has_span(self, node: exp.Expr) -> bool:
        """Whether some text stands for the node."""
        return id(node) in self._spans

    def text_of(self, node: exp.Expr) -> str:
        """The text that a node was read from."""
        return self.span(node).of(self.text)

    def nodes(self, *types: type[Node]) -> Iterator[Node]:
        """All nodes of exactly these types, outermost first."""
        for kind in types:
            yield from self._by_type.get(kind, ())  # type: ignore[misc]

    def calls(self, *names: str) -> Iterator[exp.Anonymous]:
        """All calls of the functions of these (lower-case) names."""
        for node in self.nodes(exp.Anonymous):
            if node.this in names:
                yield node

    def node_types(self) -> frozenset[type[exp.Expr]]:
        """The types of node that occur."""
        return frozenset(self._by_type)

    def cast_type(self, cast: exp.Cast) -> Span:
        """The type of `CAST(x AS type)`, `x::type` or `type 'x'` as it is written (the tree may say TEXT)."""
        whole = self.tokens_in(self.span(cast))
        if whole[-1].kind == "STRING":
            return Span(whole[0].start, whole[-2].end)
        depth = 0
        for index in range(len(whole) - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(whole[index].text, 0)
            if depth == 1 and whole[index].word == "AS":
                return Span(whole[index + 1].start, whole[-2].end)
            if depth == 0 and whole[index].text == "::":
                return Span(whole[index + 1].start, whole[-1].end)
        raise UnlocatedError("the type of a cast")

    def is_sqlite_cast(self, cast: exp.Cast) -> bool:
        """Whether it is SQLite's `CAST(x AS type)`; the other forms are PostgreSQL's, of an earlier rewriting."""
        if not self.has_span(cast):
            return False  # `(NOT true)::int`: words that leave no place
        span = self.span(cast)
        return self.tokens_in(span)[0].word == "CAST" and self.cast_type(cast).end < span.end

    def token_at(self, start: int) -> int:
        """The index of the first token at or behind the offset `start`."""
        low, high = 0, len(self.tokens)
        while low < high:
            middle = (low + high) // 2
            if self.tokens[middle].start < start:
                low = middle + 1
            else:
                high = middle
        return low

    def tokens_in(self, span: Span) -> tuple[Token, ...]:
        """The tokens of a span."""
        return self.tokens[self.token_at(span.start) : self.token_at(span.end)]


def read(sql: str, holes: Sequence[Hole] = ()) -> Parsed:
    """Read one SQLite statement (no trailing semicolon needed). Never raises: see `Parsed.problem`."""
    holes = tuple(holes)
    first: Parsed | None = None
    for blank in _fillings(holes):
        parsed = _read(sql, mask(sql, holes, blank), holes, blank)
        if parsed.problem is None:
            return parsed
        first = first or parsed
    assert first is not None  # there is always the filling by kind
    return first


def _fillings(holes: Sequence[Hole]) -> Iterator[frozenset[int]]:
    """Which holes to leave blank: as their kinds say, then every other way for up to four of them."""
    empty = frozenset(i for i, hole in enumerate(holes) if hole.kind in (HoleKind.CLAUSE, HoleKind.ORDER))
    yield empty
    free = [i for i, hole in enumerate(holes) if hole.kind is not HoleKind.INSIDE_STRING][:4]
    for choice in product((False, True), repeat=len(free)):
        blank = frozenset(i for i, chosen in zip(free, choice, strict=True) if chosen)
        if blank != empty:
            yield blank


def _read(sql: str, masked: str, holes: tuple[Hole, ...], blank: frozenset[int]) -> Parsed:
    blanked = tuple(holes[index].name for index in sorted(blank))
    readable, replaced = _first_word(without_odd_comments(masked) if "/*" in masked else masked)
    try:
        raw = raw_tokens(readable)
    except LexError as error:
        return Parsed(sql, (), "", None, (), holes, {}, blanked, Problem(str(error), Span(0, len(sql))))
    while raw and raw[-1].token_type is TokenType.SEMICOLON:
        raw.pop()
    tokens = tuple(convert(readable, token) for token in raw)
    if not tokens:
        return Parsed(sql, (), "", None, (), holes, {}, blanked)
    reader = Reader(readable, raw, tokens)
    kind = "EXPLAIN" if tokens[0].word == "_XPLAIN" else _kind(tokens)
    placeholders = reader.placeholders()
    if kind.split()[0] in _KINDS_WITHOUT_TREE or kind in ("CREATE TRIGGER", "CREATE VIRTUAL TABLE"):
        return Parsed(sql, tokens, kind, None, placeholders, holes, {}, blanked)
    if replaced:
        reader.lifted["conflict"] = (Span(tokens[0].start, tokens[0].start + len("REPLACE")),)
    stray = _unbalanced(tokens)
    if stray is not None:
        return Parsed(sql, tokens, kind, None, placeholders, holes, {}, blanked, stray)
    reader.lift(kind)
    tree, problem = reader.parse()
    if tree is None and _is_definition(readable, tokens):
        problem = None  # SQLite reads it: the fixers of definitions work on its words
    return Parsed(sql, tokens, kind, tree, placeholders, holes, reader.lifted, blanked, problem)


def _unbalanced(tokens: Sequence[Token]) -> Problem | None:
    """A parenthesis that has no partner: sqlglot lets some pass."""
    opened: list[Token] = []
    for token in tokens:
        if token.text == "(":
            opened.append(token)
        elif token.text == ")" and not opened:
            return Problem("this parenthesis closes nothing", token.span)
        elif token.text == ")":
            opened.pop()
    return Problem("this parenthesis is not closed", opened[-1].span) if opened else None


def _is_definition(text: str, tokens: tuple[Token, ...]) -> bool:
    """Whether it is a definition as SQLite takes it, though sqlglot does not (`UNIQUE (a DESC)`)."""
    return any(reader(text, tokens) is not None for reader in (read_create_table, read_create_index, read_alter_table))


_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*(REPLACE|EXPLAIN)\b", re.IGNORECASE | re.DOTALL)


def _first_word(masked: str) -> tuple[str, bool]:
    """The text with a first word that sqlglot's tokenizer leaves the rest alone for, and whether it was REPLACE."""
    match = _FIRST_WORD.match(masked)
    if match is None:
        return masked, False
    replace = match[1].upper() == "REPLACE"
    word = "INSERT " if replace else "_XPLAIN"
    return masked[: match.start(1)] + word + masked[match.end(1) :], replace


def _kind(tokens: Sequence[Token]) -> str:
    """The leading words that say what a statement is: one, or two for CREATE, DROP and ALTER."""
    first = tokens[0].word
    if first == "WITH":
        depth = 0
        for token in tokens:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0 and token.word in ("SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "VALUES"):
                return "INSERT" if token.word == "REPLACE" else token.word
    if first not in ("CREATE", "DROP", "ALTER"):
        return first
    for token in tokens[1:6]:
        if token.word in ("TABLE", "INDEX", "VIEW", "TRIGGER"):
            return f"{first} {token.word}"
        if token.word == "VIRTUAL":
            return f"{first} VIRTUAL TABLE"
    return first
