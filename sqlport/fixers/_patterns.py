"""LIKE and GLOB patterns: what is known of them, and a GLOB pattern as LIKE or regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.model import Span

_SPECIAL = re.compile(r"[\\.^$*+?()\[\]{}|]")


def has_ascii_letters(text: str) -> bool:
    """Whether SQLite's LIKE folds something in it."""
    return re.search(r"[A-Za-z]", text) is not None


def is_ported(pattern: exp.Expr) -> bool:
    """Whether a pattern calls translate(), which only PostgreSQL has: GLOB in its new form."""
    return isinstance(pattern, exp.Anonymous) and pattern.this == "translate"


def is_case_free(pattern: exp.Expr) -> bool:
    """Whether a pattern is made of literals without ASCII letters, or NULL."""
    if isinstance(pattern, exp.Literal):
        return not has_ascii_letters(str(pattern.this))
    if isinstance(pattern, exp.DPipe):
        return is_case_free(pattern.this) and is_case_free(pattern.expression)
    return is_case_free(pattern.this) if isinstance(pattern, exp.Paren) else isinstance(pattern, exp.Null)


def same_case(value: exp.Expr, pattern: exp.Expr) -> bool:
    """Whether both are lower() or both upper(), so that folding changes nothing."""
    return any(_is_cased(value, name) and _is_cased(pattern, name) for name in ("lower", "upper"))


def _is_cased(node: exp.Expr, function: str) -> bool:
    if isinstance(node, exp.Literal):
        text = str(node.this)
        return text == (text.lower() if function == "lower" else text.upper())
    if isinstance(node, exp.DPipe):
        return _is_cased(node.this, function) and _is_cased(node.expression, function)
    if isinstance(node, exp.Paren):
        return _is_cased(node.this, function)
    return isinstance(node, exp.Anonymous) and node.this == function


def may_have_backslash(pattern: exp.Expr) -> bool:
    """Whether a pattern has, or may get, a backslash, which PostgreSQL takes for an escape."""
    if isinstance(pattern, exp.Literal):
        return "\\" in str(pattern.this)
    if isinstance(pattern, exp.DPipe):
        return may_have_backslash(pattern.this) or may_have_backslash(pattern.expression)
    if isinstance(pattern, exp.Paren | exp.Collate):
        return may_have_backslash(pattern.this)
    if isinstance(pattern, exp.Anonymous) and pattern.this in ("lower", "upper", "trim") and pattern.expressions:
        return may_have_backslash(pattern.expressions[0])
    return not isinstance(pattern, exp.Null) and not is_ported(pattern)


def insensitive(context: Context, value: exp.Expr, pattern: exp.Expr) -> str:
    """What follows the pattern of ILIKE so that it folds A to Z only, as SQLite does.

    Nothing where the value has the collation of its column (or may have, its table not being known).
    """
    from sqlport.catalog.types import is_sqlites_locale
    from sqlport.fixers._nocase_icu import is_icu
    from sqlport.semantics.collations import has_collation

    if is_icu(context, value):
        return ' COLLATE "C"'
    sides = [has_collation(context.semantics, side, context.target) for side in (value, pattern)]
    if is_sqlites_locale(context.target.locale) or sides != [False, False]:
        return ""
    ascii_only = isinstance(pattern, exp.Literal) and str(pattern.this).isascii()
    return "" if ascii_only else ' COLLATE "C"'


def operator(context: Context, node: exp.Expr) -> Span:
    """Where the operator of `a NOT LIKE b` stands, with its NOT, without the blanks round it."""
    left, right = context.parsed.span(node.this), context.parsed.span(node.expression)
    tokens = context.parsed.tokens_in(Span(left.end, right.start))
    words = [token for token in tokens if token.text not in ("(", ")")]
    return Span(words[0].start, words[-1].end)


def negated(context: Context, span: Span) -> bool:
    """Whether the operator there begins with NOT."""
    return span.of(context.parsed.text)[:3].upper() == "NOT"


def quoted(text: str) -> str:
    """A text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Translated:
    """What a GLOB pattern is for PostgreSQL: `=` a text, `LIKE` a pattern or `~` a regular expression."""

    operator: OneOf["=", "LIKE", "~"]
    text: str


def of_glob(pattern: str) -> Translated | None:
    """A GLOB pattern translated; None for one with a class that is not closed or counts down (it matches nothing)."""
    parts = _parts(pattern)
    if parts is None:
        return None
    if all(len(part) == 1 and part not in "*?" for part in parts):
        return Translated("=", "".join(parts))
    plain = all(len(part) == 1 and part not in "%_\\" for part in parts)
    if plain and not has_ascii_letters(pattern):  # with letters LIKE would be read as SQLite's own, which folds
        return Translated("LIKE", "".join({"*": "%", "?": "_"}.get(part, part) for part in parts))
    return Translated("~", _regex(parts))


def _parts(pattern: str) -> list[str] | None:
    """Single characters, `*`, `?` and classes (`[...]`); a literal `*` stands in a class."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern[at] != "[":
            parts.append(pattern[at])
            at += 1
            continue
        start = at + 2 if pattern[at + 1 : at + 2] == "^" else at + 1
        end = pattern.find("]", start + 1)
        if end < 0 or start >= len(pattern) or _counts_down(pattern[start:end]):
            return None
        parts.append(pattern[at : end + 1])
        at = end + 1
    return parts


def _counts_down(body: str) -> bool:
    """Whether a class has a range like `z-a`, which is empty on SQLite and an error on PostgreSQL."""
    return any(first > last for first, last in re.findall(r"(?=(.)-(.))", body, re.DOTALL))


def _regex(parts: list[str]) -> str:
    before, after = "^", "$"
    if parts[0] == "*":
        before, parts = "", parts[1:]
    if parts and parts[-1] == "*":
        after, parts = "", parts[:-1]
    return before + "".join(_regex_part(part) for part in parts) + after


def _regex_part(part: str) -> str:
    if part in ("*", "?"):
        return ".*" if part == "*" else "."
    if len(part) == 1:
        return _SPECIAL.sub(r"\\\g<0>", part)
    negation = "^" if part[1] == "^" else ""
    body = part[1 + len(negation) : -1]
    first, rest = body[0], body[1:]
    escaped = first + rest.replace("\\", "\\\\").replace("[", "\\[")
    if first in "\\[^":
        escaped = "\\" + escaped
    return f"[{negation}{escaped}]"
