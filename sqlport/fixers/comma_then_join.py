"""JOI003: a comma before a JOIN whose ON looks behind the comma."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._joins import has_condition, is_comma, joins
from sqlport.model import Span
from sqlport.sql import Token, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every comma that PostgreSQL would take for a wall between ON and the table it names."""
    commas: dict[int, list[tuple[exp.Join, Token]]] = {}
    done: set[int] = set()
    for join, words in joins(context):
        query = id(join.parent)
        if is_comma(words):
            if not has_condition(context, join):
                commas.setdefault(query, []).append((join, words[0]))
            continue
        behind = commas.get(query, [])
        for _, comma in behind[_first_hidden(context, join, behind) :]:
            if comma.start not in done:
                done.add(comma.start)
                yield Proposal(comma.span, (replace(Span(comma.start, comma.end), " CROSS JOIN"),))


def _first_hidden(context: Context, join: exp.Join, commas: list[tuple[exp.Join, Token]]) -> int:
    """The first comma behind a table that the ON of the join names (none: as many as there are)."""
    condition = join.args.get("on")
    if condition is None or not commas or not context.parsed.has_span(condition):
        return len(commas)
    starts = [context.parsed.span(other.this).start for other, _ in commas]
    first = len(commas)
    for column in condition.find_all(exp.Column):
        place = _place_of(context, column, join)
        if place is not None:
            first = min(first, sum(1 for start in starts if start <= place))
    return first


def _place_of(context: Context, column: exp.Column, join: exp.Join) -> int | None:
    """Where the table stands that a column of ON belongs to."""
    query = join.parent
    start = query.args.get("from_") if query is not None else None
    if query is None or start is None:
        return None
    tables = [start.this, *(other.this for other in query.args.get("joins") or [])]
    wanted = column.table.lower()
    if not wanted:
        resolved = context.semantics.scopes.resolve(column)
        if resolved is None or resolved.source is None:
            return None
        wanted = resolved.source.alias
    for table in tables:
        if (table.alias or table.name).lower() == wanted and context.parsed.has_span(table):
            return context.parsed.span(table).start
    return None
