"""Which order of rows a statement fixes: SQLite itself ranks all its rows, and rows of one rank may change places."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.catalog.names import quoted
from sqlport.prove.compare import exact, line

if TYPE_CHECKING:
    from sqlport.prove.answers import Row
    from sqlport.prove.model import Value
    from sqlport.sql import Parsed

_NUMBERED = re.compile(r"\?(\d+)")


@dataclass(frozen=True, slots=True)
class Ranking:
    """All rows of a query without its LIMIT, in groups of equal rank, and how many of them OFFSET leaves out."""

    groups: tuple[tuple[Row, ...], ...]
    skipped: int


def is_ordered(parsed: Parsed) -> bool:
    """Whether the outermost query says in which order its rows come."""
    tree = parsed.tree
    return isinstance(tree, exp.Select | exp.SetOperation) and tree.args.get("order") is not None


def ranking(sqlite: sqlite3.Connection, parsed: Parsed, values: tuple[Value, ...]) -> Ranking | None:
    """The ranks of all rows as SQLite sees them; None where the query cannot be asked so.

    Without ORDER BY all rows have one rank.
    """
    text = _ranked(sqlite, parsed, values)
    if text is None:
        return None
    try:
        found = sqlite.execute(text, _used(text, values)).fetchall()
        skipped = _offset(sqlite, parsed, values)
    except (sqlite3.Error, OverflowError):
        return None
    groups: list[list[Row]] = []
    rank: object = None
    for *row, place in found:
        if not groups or place != rank:
            groups.append([])
            rank = place
        groups[-1].append(tuple(row))
    return Ranking(tuple(map(tuple, groups)), skipped)


def misplaced(found: Ranking, rows: Sequence[Row]) -> str | None:
    """The first row that stands where no right answer could have it, in words; None where all may stand so."""
    at = 0
    left = found.skipped
    for group in found.groups:
        if left >= len(group):
            left -= len(group)
            continue
        size = len(group) - left
        left = 0
        part = rows[at : at + size]
        allowed: Counter[Hashable] = Counter(map(exact, group))
        for number, row in enumerate(part, at + 1):
            if allowed[exact(row)] <= 0:
                return f"row {number} is {line(group[0])} in SQLite and {line(row)} in PostgreSQL"
            allowed[exact(row)] -= 1
        at += size
        if at >= len(rows):
            return None
    return None


def _ranked(sqlite: sqlite3.Connection, parsed: Parsed, values: tuple[Value, ...]) -> str | None:
    tree = parsed.tree
    if not isinstance(tree, exp.Select | exp.SetOperation):
        return None
    starts = _clauses(parsed)
    order = tree.args.get("order")
    end = min((starts[word] for word in ("ORDER", "LIMIT") if word in starts), default=len(parsed.text))
    body = parsed.text[:end].rstrip().rstrip(";")
    if order is None:
        return f"SELECT *, 1 FROM ({body})"
    stop = starts.get("LIMIT", len(parsed.text))
    tail = parsed.text[starts["ORDER"] : stop].rstrip().rstrip(";") if "ORDER" in starts else ""
    if isinstance(tree, exp.Select) and "FROM" in starts:
        terms = _terms(parsed, tree, order)
        if terms is None:
            return None
        place = starts["FROM"]
        rank = f", dense_rank() OVER (ORDER BY {', '.join(terms)})"
        return f"{body[:place].rstrip()}{rank} {body[place:]} {tail}"
    labels = [column[0] for column in sqlite.execute(body, _used(body, values)).description or ()]
    terms = [_outer_term(parsed, item, labels) for item in order.expressions]
    return f"SELECT *, dense_rank() OVER (ORDER BY {', '.join(terms)}) AS sqlport FROM ({body}) ORDER BY sqlport"


def _clauses(parsed: Parsed) -> dict[str, int]:
    """Where the last ORDER BY and LIMIT outside parentheses begin, and the FROM of the outermost SELECT."""
    depth = 0
    found: dict[str, int] = {}
    for token in parsed.tokens:
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        elif depth == 0:
            word = token.word.split(" ")[0]
            if word in ("ORDER", "LIMIT"):
                found[word] = token.start
            elif word == "FROM":
                found.setdefault("FROM", token.start)
    return found


def _terms(parsed: Parsed, select: exp.Select, order: exp.Expr) -> list[str] | None:
    """The terms of ORDER BY with ordinals and result labels replaced by what they stand for."""
    items = select.expressions
    has_star = any(isinstance(item, exp.Star) or getattr(item, "is_star", False) for item in items)
    labels = {item.alias.lower(): item.this for item in items if isinstance(item, exp.Alias)}
    terms = []
    for item in order.expressions:
        if not parsed.has_span(item):
            return None
        inner, whole = item.this, parsed.text_of(item)
        core = inner.this if isinstance(inner, exp.Collate) else inner
        meant: exp.Expr | None = None
        if isinstance(core, exp.Literal) and core.is_int:
            place = int(str(core.this)) - 1
            if has_star or not 0 <= place < len(items):
                return None
            meant = items[place].this if isinstance(items[place], exp.Alias) else items[place]
        elif isinstance(core, exp.Column) and not core.table:
            meant = labels.get(core.name.lower())
        if meant is None:
            terms.append(whole)
            continue
        if not parsed.has_span(meant):
            return None
        span, place = parsed.span(core), parsed.span(item).start
        terms.append(f"{whole[: span.start - place]}({parsed.text_of(meant)}){whole[span.end - place :]}")
    return terms


def _outer_term(parsed: Parsed, item: exp.Expr, labels: Sequence[str]) -> str:
    """A term of a compound's ORDER BY as seen from outside: an ordinal by the label that it means."""
    inner, whole = item.this, parsed.text_of(item)
    core = inner.this if isinstance(inner, exp.Collate) else inner
    if isinstance(core, exp.Literal) and core.is_int and 0 < int(str(core.this)) <= len(labels):
        name = quoted(labels[int(str(core.this)) - 1])
        return name + whole[len(parsed.text_of(core)) :]
    return whole


def _offset(sqlite: sqlite3.Connection, parsed: Parsed, values: tuple[Value, ...]) -> int:
    tree = parsed.tree
    clause = tree.args.get("offset") if tree is not None else None
    if clause is None:
        return 0
    text = f"SELECT {parsed.text_of(clause.expression)}"
    value = sqlite.execute(text, _used(text, values)).fetchone()[0]
    return max(0, int(value or 0))


def _used(text: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """As many of the values as SQLite wants for the `?N` of a text."""
    if not values:
        return values
    if "'" not in text and '"' not in text:  # nothing but a placeholder can look like one: no need to read it
        return values[: max(map(int, _NUMBERED.findall(text)), default=0)]
    from sqlport.sql import read

    numbers = [each.key for each in read(text).placeholders if isinstance(each.key, int)]
    return values[: max(numbers, default=-1) + 1]
