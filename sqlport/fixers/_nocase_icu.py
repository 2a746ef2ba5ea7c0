"""NOCASE as a collation of ICU (`nocase = "icu"`): where PostgreSQL has to be told which collation counts.

Two columns of different collations are not compared (42P22), and what is not deterministic has no ILIKE and no
strpos(): https://www.postgresql.org/docs/current/collation.html#COLLATION-NONDETERMINISTIC.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.types import column_type, icu_nocase
from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability
from sqlport.semantics.collations import has_collation
from sqlport.sql import replace, wrap
from sqlport.sql.match import operand

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_MESSAGE = "PostgreSQL does not choose between the collations of two columns (42P22); SQLite takes that of the left one"
_SEARCHED = "PostgreSQL searches text by a deterministic collation only, and this function minds case in SQLite"


def is_icu(context: Context, node: exp.Expr) -> bool:
    """Whether a node is a NOCASE column that has the collation of ICU."""
    while isinstance(node, exp.Paren):
        node = node.this
    column = context.semantics.column(node) if icu_nocase(context.target) else None
    if column is None or not isinstance(node, exp.Column) or column.collation != "NOCASE":
        return False
    table = context.semantics.table(node)
    return column_type(column, table.name if table is not None else "", context.target) == "text"


def find(context: Context) -> Iterator[Proposal]:
    """Comparisons of such a column with one of another collation, and functions that do not take it."""
    if not icu_nocase(context.target):
        return
    for left, other in _pairs(context):
        if not isinstance(left.unnest(), exp.Collate) and not isinstance(other.unnest(), exp.Collate):
            yield from _compared(context, left, other)
    for call in context.parsed.calls("instr", "replace"):
        first = call.expressions[0] if call.expressions else None
        if first is not None and is_icu(context, first):
            span = context.parsed.span(first)
            yield Proposal(span, (wrap(span, "", ' COLLATE "C"'),), Applicability.SAFE, _SEARCHED)


def _pairs(context: Context) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """What is compared with what."""
    for node in context.parsed.nodes(*_COMPARISONS):
        if not (isinstance(node.parent, exp.Update | exp.OnConflict) and node.arg_key == "expressions"):
            yield node.this, node.expression
    for between in context.parsed.nodes(exp.Between):
        yield from ((between.this, between.args[name]) for name in ("low", "high"))
    for member in context.parsed.nodes(exp.In):
        query = member.args.get("query")
        select = query.this if isinstance(query, exp.Subquery) else query
        items = select.expressions[:1] if isinstance(select, exp.Select) else member.expressions
        yield from ((member.this, item.this if isinstance(item, exp.Alias) else item) for item in items)
    for case in context.parsed.nodes(exp.Case):
        if case.this is not None:
            yield from ((case.this, branch.this) for branch in case.args["ifs"])


def _compared(context: Context, left: exp.Expr, other: exp.Expr) -> Iterator[Proposal]:
    """The right side is told the collation that SQLite compares by, where PostgreSQL has another or none."""
    mine, others = _collations(context, left), _collations(context, other)
    if "nocase" not in mine | others or isinstance(left, exp.Tuple):
        return
    resolve = context.semantics.scopes.resolve
    decides = next((side for side in (left, other) if isinstance(side, exp.Column) and resolve(side)), None)
    by = "nocase" if decides is not None and is_icu(context, decides) else '"C"'
    if (mine | others) - {by} and context.parsed.has_span(other):
        span = context.parsed.span(other)
        first, last = ("(", ")") if isinstance(other.parent, exp.Between) else ("", "")
        told = replace(span, first, *operand(context.parsed, other), f" COLLATE {by}{last}")
        yield Proposal(span, (told,), Applicability.SAFE, _MESSAGE)


def _collations(context: Context, node: exp.Expr) -> set[str]:
    """The collations that a text brings along from its columns."""
    if context.semantics.kind(node) not in ("text", "any"):
        return set()
    found = {"nocase"} if any(is_icu(context, column) for column in node.find_all(exp.Column)) else set[str]()
    return {*found, '"C"'} if has_collation(context.semantics, node, context.target) else found
