"""What a NOCASE column is compared and sorted by where it stays text (`nocase = "lower"`): lower(), on both sides.

The columns have the collation "C", whose lower() folds A to Z only, as NOCASE does. Which operand's collation
counts is told in https://www.sqlite.org/datatype3.html#assigning_collating_sequences_from_sql.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.types import column_type, is_sqlites_locale, lowered_nocase
from sqlport.fixers import Context, Proposal
from sqlport.fixers._collations import others, parent_of
from sqlport.fixers._patterns import quoted
from sqlport.model import Applicability
from sqlport.sql import Rewrite, replace
from sqlport.sql.match import operand

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_TOLD = "{name} is compared without regard to case (COLLATE NOCASE); lower() does that, and its index serves it"
_BY_HAND = "{name} counts without regard to case here (COLLATE NOCASE): {what}"
_WHAT = {
    "distinct": "write SELECT DISTINCT ON (lower({name})), or GROUP BY lower({name}) and choose the spelling by min()",
    "group": "GROUP BY lower({name}), and choose the spelling that is shown by min() or max()",
    "compound": "give the query lower({name}), or compare outside of it",
    "using": "write ON lower(...) = lower(...)",
    "call": "sort or compare by lower({name})",
    "row": "compare the values one by one, this one under lower()",
}


def is_lowered(context: Context, node: exp.Expr) -> bool:
    """Whether a node has the collation of a NOCASE column that stays text; a CAST keeps it."""
    if not lowered_nocase(context.target):
        return False
    for _ in range(20):
        while isinstance(node, exp.Paren | exp.Cast):
            node = node.this
        resolved = context.semantics.scopes.resolve(node) if isinstance(node, exp.Column) else None
        if resolved is None:
            return False
        if resolved.column is not None:
            table = resolved.source.table.name if resolved.source is not None and resolved.source.table else ""
            is_text = column_type(resolved.column, table, context.target) == "text"
            return is_text and resolved.column.collation == "NOCASE"
        if resolved.expression is None or resolved.expression is node:
            return False
        node = resolved.expression
    return False


def find(context: Context) -> Iterator[Proposal]:
    """Every place where such a column's collation decides."""
    if not lowered_nocase(context.target):
        return
    for join in context.parsed.nodes(exp.Join):
        yield from _using(context, join)
    for column in context.parsed.nodes(exp.Column):
        if is_lowered(context, column) and context.parsed.has_span(column):
            yield from _used(context, column)
    for term in context.parsed.nodes(exp.Ordered):
        if isinstance(term.this, exp.Literal):
            yield from _by_place(context, term)


def _used(context: Context, column: exp.Column) -> Iterator[Proposal]:
    whole: exp.Expr = column
    while isinstance(whole.parent, exp.Paren | exp.Cast):
        whole = whole.parent
    parent = whole.parent
    if isinstance(parent, exp.Collate) or _is_given_a_value(whole):
        return
    sides = others(whole)
    if sides is not None and isinstance(parent, exp.Group) and _is_shown(context, column):
        yield _by_hand(context, column, "group")
    elif isinstance(parent, exp.Ordered) and isinstance(_owner(parent), exp.SetOperation):
        yield _by_hand(context, column, "compound")
    elif sides is not None:
        yield from _beside(context, column, whole, sides)
    elif isinstance(parent, exp.Ordered) and parent.arg_key == "conflict_keys":
        yield _lowered(context, column, (column,))
    elif _projects_for_in(whole):
        member = _projects_for_in(whole)
        assert member is not None
        if not isinstance(_bare(member.this), exp.Column | exp.Collate):
            yield _lowered(context, column, (whole, member.this))
    else:
        what = _otherwise(whole)
        if what:
            yield _by_hand(context, column, what)


def _beside(context: Context, column: exp.Column, whole: exp.Expr, sides: tuple[exp.Expr, ...]) -> Iterator[Proposal]:
    """A comparison: of two columns the left one's collation counts, and COLLATE before both."""
    _, parent = parent_of(whole)
    if any(isinstance(_bare(side), exp.Collate) for side in sides):
        return
    first = parent.this if parent is not None else None
    if isinstance(parent, (*_COMPARISONS, exp.Between)) and first is not None and _bare(first) is not _bare(whole):
        if isinstance(_bare(first), exp.Column):
            return
        if isinstance(parent, exp.Between):
            yield _by_hand(context, column, "row")
            return
    if any(isinstance(_bare(side), exp.Tuple) for side in sides):
        yield _by_hand(context, column, "row")
        return
    yield _lowered(context, column, (whole, *(_projected(side) for side in sides)))


def _lowered(context: Context, column: exp.Column, values: tuple[exp.Expr, ...]) -> Proposal:
    rewrites = tuple(rewrite for value in values for rewrite in _under_lower(context, value))
    message = _TOLD.format(name=column.name)
    return Proposal(context.parsed.span(column), rewrites, Applicability.SAFE, message)


def _under_lower(context: Context, node: exp.Expr) -> Iterator[Rewrite]:
    """The value under lower() in the collation "C"; a literal is folded at once, and what has no case stays."""
    parsed = context.parsed
    bare = _bare(node)
    if isinstance(bare, exp.Literal) and bare.is_string:
        folded = _folded(str(bare.this))
        if folded != bare.this:
            yield replace(parsed.span(bare), quoted(folded))
        return
    if isinstance(bare, exp.Null) or context.semantics.kind(bare) not in ("text", "any", "null"):
        return
    if not parsed.has_span(bare) or _is_lower(bare):
        return
    span = parsed.span(bare)
    from sqlport.semantics.collations import has_collation

    if is_sqlites_locale(context.target.locale) or has_collation(context.semantics, bare, context.target):
        yield replace(span, "lower(", span, ")")
    else:
        yield replace(span, "lower(", *operand(parsed, bare), ' COLLATE "C")')


def _is_lower(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this == "lower"


def _folded(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _projected(node: exp.Expr) -> exp.Expr:
    """Of `IN (SELECT x ...)` the x."""
    query = node.this if isinstance(node, exp.Subquery) else node
    if isinstance(query, exp.Select) and isinstance(node.parent, exp.In) and len(query.expressions) == 1:
        item = query.expressions[0]
        value: exp.Expr = item.this if isinstance(item, exp.Alias) else item
        return value
    return node


def _projects_for_in(node: exp.Expr) -> exp.In | None:
    """The IN for whose query the node is the result."""
    query = node.parent
    if not isinstance(query, exp.Select) or node.arg_key != "expressions":
        return None
    outer = query.parent.parent if isinstance(query.parent, exp.Subquery) else query.parent
    return outer if isinstance(outer, exp.In) else None


def _otherwise(node: exp.Expr) -> str:
    """What else the collation decides: a word for the advice, or nothing."""
    parent = node.parent
    if isinstance(parent, exp.Anonymous):
        return "call" if parent.this in ("min", "max", "nullif") and node is parent.expressions[0] else ""
    if isinstance(parent, exp.Distinct):
        return "call"
    if isinstance(parent, exp.Tuple):
        compared = isinstance(parent.parent, (*_COMPARISONS, exp.In)) and not _is_given_a_value(parent)
        return "row" if compared else ""
    item = parent if isinstance(parent, exp.Alias) else node
    query = item.parent
    if not isinstance(query, exp.Select) or item.arg_key != "expressions":
        return ""
    if query.args.get("distinct") is not None:
        return "distinct"
    above: exp.Expr = query
    while isinstance(above.parent, exp.Subquery | exp.SetOperation):
        if isinstance(above.parent, exp.SetOperation) and _tells_rows_apart(above.parent):
            return "compound"
        above = above.parent
    return ""


def _tells_rows_apart(compound: exp.SetOperation) -> bool:
    return not isinstance(compound, exp.Union) or bool(compound.args.get("distinct"))


def _is_shown(context: Context, column: exp.Column) -> bool:
    """Whether the query that groups by the column also gives or compares it outside of an aggregate."""
    query = column.find_ancestor(exp.Select)
    if query is None:
        return False
    clauses = [*query.expressions, query.args.get("having"), query.args.get("order")]
    for other in (found for clause in clauses if clause is not None for found in clause.find_all(exp.Column)):
        call = other.find_ancestor(exp.Anonymous, exp.Select)
        if other.name.lower() == column.name.lower() and not isinstance(call, exp.Anonymous):
            return True
    return False


def _by_place(context: Context, term: exp.Ordered) -> Iterator[Proposal]:
    """`ORDER BY 1` where the first result column is such a column."""
    query = _owner(term)
    place = term.this
    if not isinstance(query, exp.Select) or not place.is_int or not context.parsed.has_span(place):
        return
    index = int(str(place.this)) - 1
    item = query.expressions[index] if 0 <= index < len(query.expressions) else None
    value = item.this if isinstance(item, exp.Alias) else item
    if not isinstance(value, exp.Column) or not is_lowered(context, value):
        return
    if query.args.get("distinct") is None and context.parsed.has_span(value):
        new = f"lower({context.parsed.text_of(value)})"
        message = _TOLD.format(name=value.name)
        yield Proposal(
            context.parsed.span(place), (replace(context.parsed.span(place), new),), Applicability.SAFE, message
        )
    else:
        yield _by_hand(context, value, "distinct")


def _using(context: Context, join: exp.Join) -> Iterator[Proposal]:
    """USING and NATURAL compare columns that stand nowhere."""
    named = {str(name.name).lower() for name in join.args.get("using") or ()}
    natural = str(join.args.get("method") or "").upper() == "NATURAL"
    table = context.catalog.table(join.this.name) if isinstance(join.this, exp.Table) else None
    if table is None or not context.parsed.has_span(join.this):
        return
    for column in table.columns:
        is_meant = column.name.lower() in named or (natural and _is_common(context, join, column.name))
        if is_meant and column.collation == "NOCASE" and column_type(column, table.name, context.target) == "text":
            message = _BY_HAND.format(name=column.name, what=_WHAT["using"])
            yield Proposal(context.parsed.span(join.this), message=message)


def _is_common(context: Context, join: exp.Join, name: str) -> bool:
    query = context.semantics.scopes.query_of(join)
    sources = context.semantics.scopes.sources(query) if query is not None else ()
    return sum(1 for source in sources if source.table is not None and source.table.column(name)) > 1


def _is_given_a_value(node: exp.Expr) -> bool:
    """Whether it is what SET gives a value to, or that value."""
    while isinstance(node.parent, exp.Tuple | exp.Paren):
        node = node.parent
    parent = node.parent
    return (
        isinstance(parent, exp.EQ)
        and isinstance(parent.parent, exp.Update | exp.OnConflict)
        and parent.arg_key == "expressions"
    )


def _owner(term: exp.Expr) -> exp.Expr | None:
    """The query that an ORDER BY term belongs to; None for the terms of a window or an index."""
    order = term.parent
    owner = order.parent if isinstance(order, exp.Order) else None
    return owner if isinstance(owner, exp.Select | exp.SetOperation) else None


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _by_hand(context: Context, column: exp.Column, what: str) -> Proposal:
    message = _BY_HAND.format(name=column.name, what=_WHAT[what].format(name=column.name))
    return Proposal(context.parsed.span(column), message=message)
