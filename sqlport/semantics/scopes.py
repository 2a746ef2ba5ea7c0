"""Which table, derived column or alias a name in a statement stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Column, Table
    from sqlport.sql import Parsed

_QUERIES = (exp.Select, exp.SetOperation, exp.Update, exp.Delete, exp.Insert, exp.Create)
_ROWS = frozenset(["new", "old"])
"""The rows that the statements of a trigger read beside their own tables."""


@dataclass(frozen=True, slots=True)
class Source:
    """What stands in FROM under one name: a table of the catalog, or a query, or neither when it is unknown.

    `optional` tells that an outer join may fill its columns with NULL.
    """

    alias: str
    table: Table | None
    query: exp.Expr | None = None
    labels: tuple[str, ...] = ()
    optional: bool = False

    @property
    def known(self) -> bool:
        """Whether its columns are known."""
        return self.table is not None or self.query is not None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a column name stands for: a column of a table, or an expression (of a derived table, or an alias)."""

    source: Source | None
    column: Column | None = None
    expression: exp.Expr | None = None


class Scopes:
    """The sources of every query of a statement."""

    def __init__(self, parsed: Parsed, catalog: Catalog) -> None:
        self._catalog = catalog
        self._sources: dict[int, tuple[Source, ...]] = {}
        self._tree = parsed.tree

    def sources(self, query: exp.Expr) -> tuple[Source, ...]:
        """What a SELECT, UPDATE, DELETE, INSERT or CREATE reads its columns from, in order."""
        found = self._sources.get(id(query))
        if found is None:
            found = self._sources[id(query)] = tuple(self._find(query))
        return found

    def query_of(self, node: exp.Expr) -> exp.Expr | None:
        """The innermost query that a node stands in."""
        parent = node.parent
        while parent is not None and not isinstance(parent, _QUERIES):
            parent = parent.parent
        return parent

    def enclosing(self, query: exp.Expr) -> exp.Expr | None:
        """The query round this one whose sources it can name: not the one that reads from it (FROM, WITH)."""
        node, parent, reads = query, query.parent, False
        while parent is not None:
            if isinstance(parent, exp.From | exp.With) or (isinstance(parent, exp.Join) and node.arg_key == "this"):
                reads = True
            elif isinstance(parent, _QUERIES):
                if not reads:
                    return parent
                reads = False
            node, parent = parent, parent.parent
        return None

    def resolve(self, column: exp.Column) -> Resolved | None:
        """What a column stands for; None where that is not known."""
        name, qualifier = column.name.lower(), column.table.lower()
        query = self.query_of(column)
        while query is not None:
            sources = self.sources(query)
            for source in sources:
                if qualifier and source.alias != qualifier:
                    continue
                found = self._in_source(source, name)
                if found is not None:
                    return found
            if not qualifier:
                alias = self._alias(query, name, column)
                if alias is not None:
                    return Resolved(None, expression=alias)
            if any(not source.known and qualifier in ("", source.alias) for source in sources):
                return None  # it may be a column of the unknown one
            query = self.enclosing(query)
        row = self._catalog.tables.get(qualifier) if qualifier in _ROWS else None
        return self._in_source(Source(qualifier, row), name) if row is not None else None

    def _in_source(self, source: Source, name: str) -> Resolved | None:
        if source.table is not None:
            found = source.table.column(name)
            return Resolved(source, column=found) if found is not None else None
        if source.query is None:
            return None
        for label, expression in self.projections(source.query, source.labels):
            if label == name:
                return Resolved(source, expression=expression)
        return None

    def projections(self, query: exp.Expr, labels: tuple[str, ...] = ()) -> Iterator[tuple[str, exp.Expr]]:
        """The output columns of a query, by label (stars of known tables are not expanded)."""
        while isinstance(query, exp.Subquery | exp.SetOperation | exp.Paren):
            query = query.this
        if isinstance(query, exp.Values):
            rows = query.expressions
            first = rows[0].expressions if rows and isinstance(rows[0], exp.Tuple) else []
            for index, item in enumerate(first):
                yield (labels[index] if index < len(labels) else f"column{index + 1}"), item
            return
        for index, item in enumerate(query.expressions if isinstance(query, exp.Select) else ()):
            label = labels[index] if index < len(labels) else item.alias_or_name
            yield label.lower(), item.this if isinstance(item, exp.Alias) else item

    def outputs(self, query: exp.Expr, label: str, labels: tuple[str, ...] = ()) -> Iterator[exp.Expr]:
        """What an output column of a query is in every arm of it (a UNION has several, VALUES one for each row)."""
        names = [name for name, _ in self.projections(query, labels)]
        if label not in names:
            return
        index = names.index(label)
        for arm in _arms(query):
            rows = arm.expressions if isinstance(arm, exp.Values) else [arm]
            for row in rows:
                items = row.expressions
                if index < len(items):
                    item = items[index]
                    yield item.this if isinstance(item, exp.Alias) else item

    @staticmethod
    def _alias(query: exp.Expr, name: str, column: exp.Column) -> exp.Expr | None:
        """The expression that a result label of this query names (SQLite takes labels in every clause)."""
        if not isinstance(query, exp.Select):
            return None
        for item in query.expressions:
            if isinstance(item, exp.Alias) and item.alias.lower() == name and column.find_ancestor(exp.Alias) != item:
                expression: exp.Expr = item.this
                return expression
        return None

    def _find(self, query: exp.Expr) -> Iterator[Source]:
        if isinstance(query, exp.Select):
            start = query.args.get("from_")
            if start is not None:
                yield from self._joined(start.this, query, query.args.get("joins") or [])
        elif isinstance(query, exp.Update | exp.Delete):
            yield from self._one(query.this, query, optional=False)
            start = query.args.get("from_")
            if start is not None:
                yield from self._joined(start.this, query, [])
        elif isinstance(query, exp.Insert):
            target = query.this.this if isinstance(query.this, exp.Schema) else query.this
            for source in self._one(target, query, optional=False):
                yield source
                yield Source("excluded", source.table)
        elif isinstance(query, exp.Create):
            table = query.this
            if isinstance(table, exp.Index):
                table = table.args.get("table")
            elif isinstance(table, exp.Schema):
                table = table.this
            if isinstance(table, exp.Table):
                yield from self._one(table, query, optional=False)

    def _joined(self, first: exp.Expr, query: exp.Expr, joins: list[exp.Join]) -> Iterator[Source]:
        joins = [*(first.args.get("joins") or []), *joins]
        sides = [join.side.upper() for join in joins]
        yield from self._one(first, query, optional=any(side in ("RIGHT", "FULL") for side in sides))
        for index, join in enumerate(joins):
            later = any(side in ("RIGHT", "FULL") for side in sides[index + 1 :])
            yield from self._one(join.this, query, optional=later or join.side.upper() in ("LEFT", "FULL"))

    def _one(self, item: exp.Expr, query: exp.Expr, *, optional: bool) -> Iterator[Source]:
        alias = (item.alias or item.name).lower() if isinstance(item, exp.Table | exp.Subquery) else ""
        labels = tuple(name.lower() for name in item.alias_column_names) if alias else ()
        if isinstance(item, exp.Subquery):
            inner = item.this
            if isinstance(inner, exp.Table):  # FROM (a JOIN b)
                yield from self._joined(inner, query, inner.args.get("joins") or [])
            else:
                yield Source(alias, None, inner, labels, optional)
        elif isinstance(item, exp.Table) and isinstance(item.this, exp.Identifier):
            common = None if item.db else self._common(item.name.lower(), query)
            if common is not None:
                names = tuple(name.lower() for name in common.alias_column_names)
                yield Source(alias, None, common.this, labels or names, optional)
            else:
                yield Source(alias, self._catalog.table(item.name), None, labels, optional)
        else:
            yield Source(alias, None, None, labels, optional)

    def _common(self, name: str, query: exp.Expr | None) -> exp.CTE | None:
        """The WITH query of that name that is in sight."""
        while query is not None:
            block = query.args.get("with_")
            for item in block.expressions if block is not None else ():
                if item.alias.lower() == name:
                    found: exp.CTE = item
                    return found
            query = query.parent
        return None


def _arms(query: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECTs and VALUES of a query, from the left."""
    while isinstance(query, exp.Subquery | exp.Paren):
        query = query.this
    if isinstance(query, exp.SetOperation):
        yield from _arms(query.this)
        yield from _arms(query.expression)
    elif isinstance(query, exp.Select | exp.Values):
        yield query


def tables_named(parsed: Parsed, catalog: Catalog) -> Mapping[str, Table | None]:
    """Every table that a statement names (common table expressions aside) and what the catalog knows of it."""
    common = {item.alias.lower() for item in parsed.nodes(exp.CTE)}
    return {
        table.name.lower(): catalog.table(table.name)
        for table in parsed.nodes(exp.Table)
        if table.name and table.name.lower() not in common
    }
