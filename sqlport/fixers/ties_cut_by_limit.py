"""ORD008: a LIMIT that cuts groups of one rank, which SQLite has in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.fixers._nulls import may_be_null
from sqlport.fixers._ordering import stands_for
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """The ORDER BY of every such query; the keys of the groups that it lacks are added."""
    parsed = context.parsed
    for query in parsed.nodes(exp.Select):
        group, order, limit = (query.args.get(name) for name in ("group", "order", "limit"))
        if group is None or order is None or limit is None or query.args.get("distinct") is not None:
            continue
        if not all(parsed.has_span(clause) and not has_hole(context, clause) for clause in (group, order)):
            continue
        keys = [key for key in group.expressions if parsed.has_span(key) and not _is_sorted(context, key, order, query)]
        if not keys or any(key.find(exp.Placeholder) for key in keys):
            continue
        start, end = parsed.span(keys[0]).start, parsed.span(order).end
        parts: list[str | Span] = [Span(start, end)]
        for key in keys:
            backwards = _is_backwards(key, group, order)
            nulls = (" NULLS LAST" if backwards else " NULLS FIRST") if may_be_null(context, key, query) else ""
            parts += [", ", parsed.span(key), " DESC" if backwards else "", nulls]
        yield Proposal(parsed.span(order), (replace(Span(start, end), *parts),))


def _is_backwards(key: exp.Expr, group: exp.Expr, order: exp.Expr) -> bool:
    """Whether SQLite sorts groups downwards by this key: as the term of ORDER BY in its place, if both are as many."""
    keys, terms = list(group.expressions), order.expressions
    place = next(index for index, each in enumerate(keys) if each is key)
    return len(keys) == len(terms) and bool(terms[place].args.get("desc"))


def _is_sorted(context: Context, key: exp.Expr, order: exp.Expr, query: exp.Select) -> bool:
    """Whether a term of ORDER BY is the key, by its text, label or number; or the key is one for all rows."""
    if isinstance(key, exp.Literal) and not key.is_int:
        return True
    wanted = _meant(context, key, query)
    for term in order.expressions:
        for node in (term.this, *stands_for(context, term, query)):
            if node == key or _meant(context, node, query) == wanted:
                return True
    return False


def _meant(context: Context, node: exp.Expr, query: exp.Select) -> object:
    """A column as (source, name), a number or a label as what it stands for."""
    if isinstance(node, exp.Literal) and node.is_int and 0 < int(str(node.this)) <= len(query.expressions):
        node = query.expressions[int(str(node.this)) - 1].unalias()
    if isinstance(node, exp.Column):
        resolved = context.semantics.scopes.resolve(node)
        if resolved is not None and resolved.source is not None:
            return resolved.source.alias, node.name.lower()
        if resolved is not None and resolved.expression is not None and resolved.expression is not node:
            return _meant(context, resolved.expression, query)
        return "", node.name.lower()
    return node
