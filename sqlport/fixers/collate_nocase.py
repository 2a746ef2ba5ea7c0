"""COL001: COLLATE NOCASE in an expression, an index or a key, as lower()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.types import icu_nocase
from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._collations import collations, dropped, other_under, others, parent_of, under
from sqlport.fixers._tables import created
from sqlport.model import Applicability, Span
from sqlport.sql import replace
from sqlport.sql.definitions import Term

_VALUES = ("min", "max", "group_concat", "string_agg")


def find(context: Context) -> Iterator[Proposal]:
    """Every COLLATE NOCASE (those of columns are COL002)."""
    for node in () if icu_nocase(context.target) else collations(context, "NOCASE"):  # which is there with ICU
        yield from _expression(context, node)
    table = created(context)
    for constraint in table.constraints if table is not None else ():
        if constraint.kind in ("unique", "primary key"):
            folded = [term for term in constraint.terms if _is_nocase(term)]
            if folded:
                yield _key(context, constraint.body, constraint.terms, constraint.kind == "unique")


def _expression(context: Context, node: exp.Collate) -> Iterator[Proposal]:
    span = context.parsed.span(node)
    compared = others(node)
    if compared is None:
        whole, parent = parent_of(node)
        if (isinstance(parent, exp.Anonymous) and parent.this in _VALUES) or _is_looked_at(whole):
            yield Proposal(span)
        else:
            yield Proposal(span, (dropped(context, node),), Applicability.SAFE)
    elif any(is_citext(context, side) for side in (node.this, *compared)) or not _is_text(context, node.this):
        yield Proposal(span, (dropped(context, node),), Applicability.SAFE)
    else:
        rewrites = [under(context, node, "lower(", ")", str.lower)]
        for other in map(_projected, compared):
            rewrites.extend(other_under(context, other, "lower(", ")", str.lower))
        yield Proposal(span, tuple(rewrites))


def _is_looked_at(node: exp.Expr) -> bool:
    """Whether the query compares or sorts its result column by this collation: DISTINCT, UNION, ORDER BY 1."""
    item = node.parent if isinstance(node.parent, exp.Alias) else node
    query = item.parent
    if not isinstance(query, exp.Select) or item.arg_key != "expressions":
        return False
    if query.args.get("distinct") is not None or isinstance(query.parent, exp.SetOperation):
        return True
    index = next(index for index, other in enumerate(query.expressions) if other is item)
    label = item.alias.lower() if isinstance(item, exp.Alias) else ""
    terms = [term.this for term in (query.args.get("order") or exp.Order(expressions=[])).expressions]
    terms += (query.args.get("group") or exp.Group(expressions=[])).expressions
    return any(
        str(term.this) == str(index + 1) if isinstance(term, exp.Literal) else label and term.name.lower() == label
        for term in terms
    )


def _projected(node: exp.Expr) -> exp.Expr:
    """Of `IN (SELECT x ...)` the x."""
    query = node.this if isinstance(node, exp.Subquery) else node
    if isinstance(query, exp.Select) and isinstance(node.parent, exp.In) and len(query.expressions) == 1:
        item = query.expressions[0]
        value: exp.Expr = item.this if isinstance(item, exp.Alias) else item
        return value
    return node


def _is_text(context: Context, node: exp.Expr) -> bool:
    return context.semantics.kind(node) in ("text", "any", "null")


def _is_nocase(term: Term) -> bool:
    return term.collation is not None and term.collation.text.upper() == "NOCASE"


def _key(context: Context, body: Span, terms: tuple[Term, ...], unique: bool) -> Proposal:
    """UNIQUE over expressions is no constraint in PostgreSQL, but an exclusion of equal ones is."""
    if not unique:
        return Proposal(body)
    keys = [f"lower({_name(context, term)})" if _is_nocase(term) else _name(context, term) for term in terms]
    text = ", ".join(f"{key} WITH =" for key in keys)
    return Proposal(body, (replace(body, f"EXCLUDE USING btree ({text})"),))


def _name(context: Context, term: Term) -> str:
    return term.expression.of(context.parsed.text)
