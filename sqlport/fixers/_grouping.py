"""What a query groups by, and which columns follow from that."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from sqlport.catalog import folded
from sqlport.fixers import Context

AGGREGATES = frozenset(
    """count sum avg total group_concat string_agg json_group_array json_group_object jsonb_group_array
    jsonb_group_object median percentile percentile_cont percentile_disc array_agg json_agg jsonb_agg
    json_object_agg jsonb_object_agg bool_and bool_or every stddev variance any_value""".split()
)


def is_aggregate(node: exp.Expr) -> bool:
    """Whether the node computes one value from many rows (a window function does not)."""
    if isinstance(node, exp.WithinGroup):
        return True
    if not isinstance(node, exp.Anonymous):
        return False
    outer = node.parent
    if isinstance(outer, exp.Filter):
        outer = outer.parent
    if isinstance(outer, exp.Window) and outer.this in (node, node.parent):
        return False
    return node.this in AGGREGATES or (node.this in ("min", "max") and len(node.expressions) == 1)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The grouped expressions of a query: columns as (source, name), the others as trees."""

    query: exp.Select
    columns: frozenset[tuple[str, str]]
    others: tuple[exp.Expr, ...]

    def has(self, context: Context, node: exp.Expr) -> bool:
        """Whether the query groups by this very expression."""
        if isinstance(node, exp.Column):
            return _key(context, node) in self.columns
        return node in self.others

    def determines(self, context: Context, column: exp.Column) -> bool:
        """Whether the column follows from the group: by the primary key of its table, or nobody knows."""
        resolved = context.semantics.scopes.resolve(column)
        if resolved is None:
            return bool(self.columns or self.others) or not _all_known(context, self.query)
        if resolved.source is None:
            return True  # a label, or a name of an enclosing query
        if resolved.source not in context.semantics.scopes.sources(self.query):
            return True
        return self._has_key(resolved.source.alias, primary_key(resolved.source.table))

    def determines_all(self, context: Context, star: exp.Expr) -> bool:
        """The same for all columns that a star stands for."""
        qualifier = star.table.lower() if isinstance(star, exp.Column) else ""
        for source in context.semantics.scopes.sources(self.query):
            if qualifier in ("", source.alias) and (
                source.table is None or not self._has_key(source.alias, primary_key(source.table))
            ):
                return not source.known
        return True

    def is_among_results(self, context: Context) -> bool:
        """Whether every term is a result of its own or by a star, so that no two results are the same."""
        values = [item.this if isinstance(item, exp.Alias) else item for item in self.query.expressions]
        stars = {one.table.lower() if isinstance(one, exp.Column) else "" for one in values if one.is_star}
        results = {_key(context, one) for one in values if isinstance(one, exp.Column) and not one.is_star}
        if not all(("" in stars and alias) or alias in stars - {""} for alias, _ in self.columns - results):
            return False
        return all(one in values for one in self.others)

    def _has_key(self, alias: str, key: tuple[str, ...]) -> bool:
        return bool(key) and all((alias, name) in self.columns for name in key)


def grouping(context: Context, query: exp.Select) -> Grouping | None:
    """What a query groups by; None where it does not."""
    group = query.args.get("group")
    terms = [_term(context, query, term) for term in group.expressions] if group is not None else []
    if group is None and not _aggregates(query):
        return None
    columns = frozenset(_key(context, term) for term in terms if isinstance(term, exp.Column))
    return Grouping(query, columns, tuple(term for term in terms if not isinstance(term, exp.Column)))


def _term(context: Context, query: exp.Select, term: exp.Expr) -> exp.Expr:
    """A term of GROUP BY, with ordinals and labels followed (a column of that name comes first)."""
    if isinstance(term, exp.Literal) and term.is_int and 0 < int(str(term.this)) <= len(query.expressions):
        term = query.expressions[int(str(term.this)) - 1]
        return term.this if isinstance(term, exp.Alias) else term
    if isinstance(term, exp.Column) and not term.table:
        resolved = context.semantics.scopes.resolve(term)
        if resolved is not None and resolved.source is not None:
            return term
        for item in query.expressions:
            if isinstance(item, exp.Alias) and item.alias.lower() == term.name.lower():
                expression: exp.Expr = item.this
                return expression
    return term


def _aggregates(query: exp.Select) -> bool:
    having = query.args.get("having")
    clauses = [*query.expressions, *([having] if having is not None else [])]
    return any(
        is_aggregate(node) and node.find_ancestor(exp.Select) is query
        for clause in clauses
        for node in clause.find_all(exp.Anonymous, exp.WithinGroup)
    )


def _key(context: Context, column: exp.Column) -> tuple[str, str]:
    resolved = context.semantics.scopes.resolve(column)
    if resolved is not None and resolved.source is not None:
        name = resolved.column.name if resolved.column is not None else column.name
        return resolved.source.alias, folded(name)
    return "", folded(column.name)


def primary_key(table: object) -> tuple[str, ...]:
    """The (folded) names of the columns of a table's primary key; none of a view or a derived table."""
    from sqlport.catalog import Table

    if not isinstance(table, Table) or table.kind != "table":
        return ()
    return tuple(folded(name) for name in table.primary_key)


def _all_known(context: Context, query: exp.Select) -> bool:
    return all(source.known for source in context.semantics.scopes.sources(query))
