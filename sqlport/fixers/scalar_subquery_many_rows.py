"""SEL005: a subquery in the place of a value that may give more than one row."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import folded
from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._grouping import is_aggregate
from sqlport.model import Applicability
from sqlport.sql import Rewrite, insert

_FIRST = "the row that SQLite reads first is the one that is meant"

_VALUES = (
    exp.EQ,
    exp.NEQ,
    exp.LT,
    exp.LTE,
    exp.GT,
    exp.GTE,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.DPipe,
    exp.Anonymous,
    exp.Case,
    exp.If,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
)


def find(context: Context) -> Iterator[Proposal]:
    """Every such subquery over one known table that neither a LIMIT, an aggregate nor a key holds to one row."""
    for subquery in context.parsed.nodes(exp.Subquery):
        query = subquery.this
        if not isinstance(query, exp.Select) or not _is_value(subquery) or _is_one_row(context, query):
            continue
        yield Proposal(context.parsed.span(subquery), _first_row(context, query), Applicability.UNSAFE, "", _FIRST)


def _first_row(context: Context, query: exp.Select) -> tuple[Rewrite, ...]:
    """LIMIT 1, in the order in which SQLite reads a table; a hole at the end may hold a LIMIT of its own."""
    if not context.parsed.has_span(query) or context.parsed.holes:
        return ()
    table = context.semantics.scopes.sources(query)[0].table
    key = table.rowid_column if table is not None else None
    plain = all(query.args.get(name) is None for name in ("order", "group", "distinct"))
    order = f" ORDER BY {quote(key.name)}" if key is not None and plain else ""
    return (insert(context.parsed.span(query).end, f"{order} LIMIT 1"),)


def _is_value(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Alias):
        node, parent = parent, parent.parent
    if isinstance(parent, exp.Select):
        return node.arg_key == "expressions"
    return isinstance(parent, _VALUES)


def _is_one_row(context: Context, query: exp.Select) -> bool:
    """Whether it gives one row at most, or nobody knows."""
    if query.args.get("limit") is not None or query.args.get("from_") is None:
        return True
    if query.args.get("group") is None and any(
        is_aggregate(node) for item in query.expressions for node in item.find_all(exp.Anonymous)
    ):
        return True
    sources = context.semantics.scopes.sources(query)
    if len(sources) != 1 or sources[0].table is None or sources[0].table.kind != "table":
        return True
    fixed = _fixed_columns(context, query)
    table = sources[0].table
    keys = [table.primary_key, *(key.columns for key in table.unique if key.is_plain)]
    return any(key and {folded(name) for name in key} <= fixed for key in keys)


def _fixed_columns(context: Context, query: exp.Select) -> set[str]:
    """The columns that WHERE holds to one value."""
    where = query.args.get("where")
    terms = [where.this] if where is not None else []
    found: set[str] = set()
    while terms:
        term = terms.pop()
        if isinstance(term, exp.Paren):
            terms.append(term.this)
        elif isinstance(term, exp.And):
            terms += [term.this, term.expression]
        elif isinstance(term, exp.EQ | exp.NullSafeEQ):
            for side in (term.this, term.expression):
                if isinstance(side, exp.Column) and context.semantics.scopes.query_of(side) is query:
                    found |= _names(context, query, side)
    return found


def _names(context: Context, query: exp.Select, side: exp.Column) -> set[str]:
    resolved = context.semantics.scopes.resolve(side)
    if resolved is None or resolved.column is None:
        return set()
    if resolved.source not in context.semantics.scopes.sources(query):
        return set()
    return {folded(resolved.column.name)}
