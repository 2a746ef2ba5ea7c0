"""Where every node of a tree stands in the text.

sqlglot keeps positions for names, literals, stars and function names only. All others follow from their
children and the tokens round them: a node is the hull of its children, widened over the keywords and the
parentheses that belong to its kind.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from sqlport.model import Span
from sqlport.sql.tokens import Token


@dataclass(frozen=True, slots=True)
class _Words:
    """The tokens of a statement and which parentheses match."""

    tokens: Sequence[Token]
    match: Mapping[int, int]

    def word(self, index: int) -> str:
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def kind(self, index: int) -> str:
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else ""


_Range = tuple[int, int]  # first and last token of a node
_Widen = Callable[[_Words, int, int, exp.Expr], _Range]


def locate(tree: exp.Expr, tokens: Sequence[Token]) -> Mapping[int, Span]:
    """The span of every node that some text stands for, by `id(node)`."""
    words = _Words(tokens, _parentheses(tokens))
    starts = [token.start for token in tokens]
    ranges: dict[int, _Range] = {}
    for node in reversed(list(tree.dfs())):  # children before parents
        if isinstance(node, exp.Binary) and isinstance(node.expression, exp.Interval):
            _place_interval(words, node, ranges)
        found = _hull(node, ranges)
        start = node.meta.get("start")
        if start is not None:
            first = bisect_left(starts, start)
            last = bisect_left(starts, node.meta["end"] + 1) - 1
            found = (min(found[0], first), max(found[1], last)) if found else (first, max(first, last))
        if found is None:
            continue
        widen = _WIDEN.get(type(node))
        if isinstance(node, exp.Subquery) and id(node.this) in ranges:
            inner = _grouped(words, *ranges[id(node.this)], node)
            found = (min(found[0], inner[0]), max(found[1], inner[1]))
        first, last = widen(words, found[0], found[1], node) if widen else found
        ranges[id(node)] = (first, last)
    return {key: Span(tokens[first].start, tokens[last].end) for key, (first, last) in ranges.items()}


def _place_interval(words: _Words, node: exp.Binary, ranges: dict[int, _Range]) -> None:
    """PostgreSQL's `x + interval '1 day'`: sqlglot takes the string apart and loses its place."""
    before = ranges.get(id(node.this))
    if before is not None and words.word(before[1] + 2) == "INTERVAL" and words.kind(before[1] + 3) == "STRING":
        ranges[id(node.expression)] = (before[1] + 2, before[1] + 3)


def _parentheses(tokens: Sequence[Token]) -> Mapping[int, int]:
    match: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token.text == "(":
            stack.append(index)
        elif token.text == ")" and stack:
            match[index] = stack[-1]
            match[stack.pop()] = index
    return match


def _hull(node: exp.Expr, ranges: Mapping[int, _Range]) -> _Range | None:
    inside = [ranges[id(child)] for child in node.iter_expressions() if id(child) in ranges]
    if not inside:
        return None
    return min(first for first, _ in inside), max(last for _, last in inside)


def _grouped(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    """The parentheses round it, if they stand there."""
    if words.word(first - 1) == "(" and words.match.get(first - 1) == last + 1:
        return first - 1, last + 1
    return first, last


def _parenthesised(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """With the subscript of PostgreSQL's `(array_agg(x))[1]`, an earlier rewriting."""
    first, last = _grouped(words, first, last, node)
    is_array = isinstance(node.this, exp.Anonymous) and node.this.this == "array_agg"
    return first, last + (is_array and words.word(last + 1) == "[1]")


def _behind(*keywords: str) -> _Widen:
    """Widened to the left over each of these words in turn (last word first) that stands there."""

    def widen(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
        for keyword in reversed(keywords):
            if words.word(first - 1) == keyword:
                first -= 1
        return first, last

    return widen


def _call(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    """A function's name is its first token; the call ends with the parenthesis behind it."""
    return first, max(last, words.match.get(first + 1, first))


def _cast(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    if words.word(last + 1) == "::":  # PostgreSQL's form, in a text that is ported already
        return first, last + 2
    if node.args["to"].expressions:  # x::timestamp(3)
        return first, last + 1
    if isinstance(node.this, exp.Literal) and words.kind(first) == "STRING" and words.kind(first - 1) == "TIMESTAMP":
        return first - 1, last  # timestamp '2024-01-31'
    if words.word(first - 1) == "(" and words.word(first - 2) == "CAST":
        return first - 2, words.match.get(first - 1, last)
    return first, last


def _case(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    while words.word(first - 1) in ("WHEN", "CASE"):
        first -= 1
        if words.word(first) == "CASE":
            break
    return first, last + 1 if words.word(last + 1) == "END" else last


def _not(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """`NOT x` begins with its NOT; in `x IS NOT NULL` and `x NOT IN (...)` it stands inside."""
    child = node.this
    if isinstance(child, exp.Is | exp.In | exp.Between | exp.Like | exp.Glob | exp.RegexpLike | exp.Escape):
        inside = words.tokens[first : last + 1]
        depth = 0
        for token in inside:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0 and token.word in ("NOT", "NOTNULL") and token is not inside[0]:
                return first, last
    return (first - 1, last) if words.word(first - 1) == "NOT" else (first, last)


def _is(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """`x IS [NOT] NULL`, `x ISNULL`, `x NOTNULL`, `x NOT NULL`: the words behind x are no nodes."""
    if words.word(last + 1) in ("ISNULL", "NOTNULL"):
        return first, last + 1
    index = last
    while words.word(index + 1) in ("IS", "NOT"):
        index += 1
    if index > last and words.word(index + 1) in ("NULL", "TRUE", "FALSE", "UNKNOWN", "JSON"):
        return first, index + 1
    return first, last


def _in(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """`x IN (...)` to the closing parenthesis."""
    index = last + 1
    if words.word(index) in ("NOT", "IN"):  # an empty list
        while words.word(index) in ("NOT", "IN"):
            index += 1
        return first, words.match.get(index, last)
    return first, index if words.word(index) == ")" and words.match.get(index, first) > first else last


def _collate(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    return (first, last + 2) if words.word(last + 1) == "COLLATE" else (first, last)


def _ordered(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    if words.word(last + 1) in ("ASC", "DESC"):
        last += 1
    if words.word(last + 1) == "NULLS" and words.word(last + 2) in ("FIRST", "LAST"):
        last += 2
    return first, last


def _window(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    """`f() OVER (...)` and `f() OVER w`; the definition `w AS (...)` of a WINDOW clause too."""
    start = words.match.get(first + 1, first)  # behind the call's arguments
    for index in range(start, min(last + 3, len(words.tokens))):
        if words.word(index) in ("OVER", "AS") and words.word(index + 1) == "(" and index + 1 in words.match:
            return first, max(last, words.match[index + 1])
    return first, last


def _closed(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    """Up to the closing parenthesis that directly follows, when it was opened inside (or directly before)."""
    closing = last + 1
    if words.word(closing) == ")" and words.match.get(closing, -1) >= first - 1:
        return min(first, words.match[closing]), closing
    return first, last


def _filter(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    return first, last + 1 if words.word(last + 1) == ")" else last


def _join(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    first, last = _closed(words, first, last, node) if node.args.get("using") else (first, last)
    if words.word(first - 1) == ",":
        return first - 1, last
    while words.word(first - 1) in ("JOIN", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL"):
        first -= 1
    return first, last


def _select(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """From SELECT on (a WITH before it is a child)."""
    while words.word(first - 1) in ("SELECT", "DISTINCT", "ALL"):
        first -= 1
    return first, last


def _values(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    return (first - 1, last) if words.word(first - 1) == "VALUES" else (first, last)


def _statement(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """A whole statement, when it is one."""
    return (0, len(words.tokens) - 1) if node.parent is None else (first, last)


def _neg(words: _Words, first: int, last: int, _: exp.Expr) -> _Range:
    return (first - 1, last) if words.word(first - 1) in ("-", "~") else (first, last)


def _extract(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    """PostgreSQL's `extract(epoch FROM x)`, from its name to the closing parenthesis."""
    while first > 0 and words.word(first) != "EXTRACT":
        first -= 1
    return first, words.match.get(first + 1, last)


def _exists(words: _Words, first: int, last: int, node: exp.Expr) -> _Range:
    first, last = _grouped(words, first, last, node)
    return (first - 1, last) if words.word(first - 1) == "EXISTS" else (first, last)


_WIDEN: Mapping[type[exp.Expr], _Widen] = {
    exp.Anonymous: _call,
    exp.Paren: _parenthesised,
    exp.Tuple: _grouped,
    exp.Exists: _exists,
    exp.Extract: _extract,
    exp.Cast: _cast,
    exp.Case: _case,
    exp.If: _behind("WHEN"),
    exp.Not: _not,
    exp.Neg: _neg,
    exp.BitwiseNot: _neg,
    exp.Is: _is,
    exp.In: _in,
    exp.Collate: _collate,
    exp.Distinct: _behind("DISTINCT"),
    exp.Ordered: _ordered,
    exp.Order: _behind("ORDER BY"),
    exp.Group: _behind("GROUP BY"),
    exp.Where: _behind("WHERE"),
    exp.Having: _behind("HAVING"),
    exp.Limit: _behind("LIMIT"),
    exp.Offset: _behind("OFFSET"),
    exp.From: _behind("FROM"),
    exp.Returning: _behind("RETURNING"),
    exp.With: _behind("WITH", "RECURSIVE"),
    exp.CTE: _closed,
    exp.TableAlias: _closed,
    exp.Schema: _closed,
    exp.Window: _window,
    exp.Filter: _filter,
    exp.Join: _join,
    exp.Select: _select,
    exp.Values: _values,
    exp.Insert: _statement,
    exp.Update: _statement,
    exp.Delete: _statement,
    exp.Create: _statement,
    exp.Alter: _statement,
    exp.Drop: _statement,
}
