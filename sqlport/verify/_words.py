"""Which way a statement is judged, told from its first words: planned, run and rolled back, or only parsed."""

from __future__ import annotations

import re
from typing import Literal

Way = Literal["plan", "run", "parse", "none"]

#: Statements that EXPLAIN takes (PostgreSQL documentation, EXPLAIN) and that a driver prepares.
_PLANNED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE"})

#: Transaction control: executed it would end the judge's own transaction.
_TRANSACTION = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})

_COMMENT_OR_SPACE = re.compile(r"\s+|--[^\n]*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9$]*")


def code_start(sql: str) -> int:
    """The offset of the first character that is neither white space nor comment (comments nest)."""
    at = 0
    while at < len(sql):
        match = _COMMENT_OR_SPACE.match(sql, at)
        if match:
            at = match.end()
        elif sql.startswith("/*", at):
            at = _comment_end(sql, at)
        else:
            break
    return at


def leading_words(sql: str, count: int) -> tuple[str, ...]:
    """Up to `count` words at the beginning, in upper case; opening parentheses are passed over."""
    words: list[str] = []
    rest = sql
    while len(words) < count:
        rest = rest[code_start(rest) :]
        if rest.startswith("(") and not words:
            rest = rest[1:]
            continue
        match = _WORD.match(rest)
        if not match:
            break
        words.append(match[0].upper())
        rest = rest[match.end() :]
    return tuple(words)


def way(sql: str) -> Way:
    """How a statement is judged: `none` for a text without a statement."""
    if code_start(sql.rstrip("; \t\r\n")) >= len(sql.rstrip("; \t\r\n")):
        return "none"
    first, second = (*leading_words(sql, 2), "", "")[:2]
    if first in _PLANNED:
        return "plan"
    if first in _TRANSACTION or (first, second) == ("PREPARE", "TRANSACTION"):
        return "parse"
    return "run"


def _comment_end(sql: str, start: int) -> int:
    depth, at = 0, start
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
        if depth == 0:
            return at
    return len(sql)
