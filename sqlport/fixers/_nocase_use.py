"""Where a citext column meets text: PostgreSQL compares those as text, with case; SQLite asks the column."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._server_types import cast
from sqlport.model import Applicability
from sqlport.sql import Rewrite, replace, wrap

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_BYTEWISE = frozenset(["instr", "replace"])
_COMPARED = "citext beside text is compared with regard to case; cast the other side to citext"
_CALLED = "this function disregards case for citext, which SQLite's does not; cast the column to text"


def find(context: Context) -> Iterator[Proposal]:
    """Comparisons of a NOCASE column with other text, and functions that treat citext in their own way."""
    for kind in _COMPARISONS:
        for node in context.parsed.nodes(kind):
            if node.parent is None or node.arg_key != "expressions" or not isinstance(node.parent, exp.Update):
                yield from _compared(context, node.this, node.expression)
    for member in context.parsed.nodes(exp.In):
        if is_citext(context, member.this):
            for option in (*member.expressions, *_projected(member.args.get("query"))):
                yield from _beside(context, option)
    for call in context.parsed.nodes(exp.Anonymous):
        if call.this in _BYTEWISE and call.expressions and is_citext(context, call.expressions[0]):
            span = context.parsed.span(call.expressions[0])
            yield Proposal(span, (wrap(span, "", "::text"),), Applicability.SAFE, _CALLED)


def _compared(context: Context, left: exp.Expr, right: exp.Expr) -> Iterator[Proposal]:
    """The left side's column decides, else the right side's."""
    if is_citext(context, left):
        yield from _beside(context, right)
    elif is_citext(context, right) and not isinstance(_bare(left), exp.Column | exp.Collate):
        yield from _beside(context, left)


def _projected(query: exp.Expr | None) -> list[exp.Expr]:
    select = query.this if isinstance(query, exp.Subquery) else query
    items = select.expressions[:1] if isinstance(select, exp.Select) else []
    return [item.this if isinstance(item, exp.Alias) else item for item in items]


def _beside(context: Context, node: exp.Expr) -> Iterator[Proposal]:
    bare = _bare(node)
    if isinstance(bare, exp.Literal | exp.Null | exp.Placeholder | exp.Collate | exp.Cast):
        return
    if context.semantics.kind(node) == "text" and not is_citext(context, node):
        rewrite: Rewrite = replace(context.parsed.span(node), *cast(context, node, "citext"))
        yield Proposal(context.parsed.span(node), (rewrite,), Applicability.SAFE, _COMPARED)


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node
