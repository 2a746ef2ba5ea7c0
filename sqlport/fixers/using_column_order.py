"""JOI004: `*` over JOIN ... USING or NATURAL JOIN, which puts the joined columns first on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlport.catalog import Table, folded, quote
from sqlport.fixers import Context, Proposal
from sqlport.semantics import Source
from sqlport.sql import replace

_UNKNOWN = "PostgreSQL puts the columns of USING first in *; the tables are not known here, so name the columns"


def find(context: Context) -> Iterator[Proposal]:
    """Every such star whose columns come in another order."""
    for query in context.parsed.nodes(exp.Select):
        shared = _shared(query)
        stars = [item for item in query.expressions if isinstance(item, exp.Star)]
        if shared is None or not stars:
            continue
        span = context.parsed.span(stars[0])
        sources = context.semantics.scopes.sources(query)
        tables = [source.table for source in sources if source.table is not None]
        if len(tables) != len(sources):
            yield Proposal(span, message=_UNKNOWN)
            continue
        ours, theirs = _sqlite(query, sources, tables), _postgres(query, sources, tables)
        if ours != theirs and not any(join.side in ("RIGHT", "FULL") for join in query.args["joins"]):
            yield Proposal(span, (replace(span, ", ".join(f"{quote(a)}.{quote(c)}" for a, c in ours)),))
        elif ours != theirs:
            yield Proposal(span)


def _shared(query: exp.Select) -> list[exp.Join] | None:
    joins = query.args.get("joins") or []
    found = [join for join in joins if join.args.get("using") or join.method.upper() == "NATURAL"]
    return found or None


def _using(join: exp.Join, left: Sequence[tuple[str, str]], table: Table) -> list[str]:
    """The names that a join has in common."""
    if join.args.get("using"):
        return [folded(name.name) for name in join.args["using"]]
    if join.method.upper() != "NATURAL":
        return []
    names = {folded(column.name) for column in table.columns}
    return [folded(name) for _, name in left if folded(name) in names]


_Columns = list[tuple[str, str]]


def _columns(source: Source, table: Table) -> _Columns:
    return [(source.alias, column.name) for column in table.columns if not column.hidden]


def _sqlite(query: exp.Select, sources: Sequence[Source], tables: Sequence[Table]) -> _Columns:
    """The left table's columns, then the right one's without the shared ones."""
    found = _columns(sources[0], tables[0])
    for join, source, table in zip(query.args["joins"], sources[1:], tables[1:], strict=False):
        shared = _using(join, found, table)
        found += [each for each in _columns(source, table) if folded(each[1]) not in shared]
    return found


def _postgres(query: exp.Select, sources: Sequence[Source], tables: Sequence[Table]) -> _Columns:
    """The shared columns first, at every join."""
    found = _columns(sources[0], tables[0])
    for join, source, table in zip(query.args["joins"], sources[1:], tables[1:], strict=False):
        shared = _using(join, found, table)
        first = [
            next(each for each in found if folded(each[1]) == name)
            for name in shared
            if name in {folded(each[1]) for each in found}
        ]
        rest = [each for each in found if each not in first]
        found = first + rest + [each for each in _columns(source, table) if folded(each[1]) not in shared]
    return found
