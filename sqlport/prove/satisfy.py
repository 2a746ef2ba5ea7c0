"""Rows made of a statement's own conditions, for a statement that the universe shows nothing of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.prove.decks import fitting, matching, matching_glob
from sqlport.prove.load import fits, insert_rows
from sqlport.prove.universe import fresh

if TYPE_CHECKING:
    from sqlport.prove.bindings import Values
    from sqlport.prove.load import Stage
    from sqlport.prove.model import Model, Value
    from sqlport.prove.pairs import Pair
    from sqlport.prove.universe import Row
    from sqlport.semantics import Semantics

_COPIES = 3  # of the rows, so that HAVING count(*) > 1 has something to count
Cell = tuple[str, str]
"""An alias of the statement and a folded column name."""


@dataclass(slots=True)
class _Wanted:
    """What the conditions ask of the cells: values, and cells that are equal."""

    values: dict[Cell, list[Value]] = field(default_factory=dict)
    equal: list[tuple[Cell, Cell]] = field(default_factory=list)


@contextmanager
def satisfied(stage: Stage, pair: Pair, semantics: Semantics, values: Values) -> Iterator[Stage | None]:
    """The stage with rows that satisfy the conditions, for the length of the block.

    None where no condition tells what rows are wanted, or an engine refuses them.
    """
    sources = _sources(pair, semantics)
    if not sources:
        yield None
        return
    wanted = _Wanted()
    for query in _queries(pair):
        _collect(query, pair, semantics, values, wanted)
    _join(wanted)
    stage.sqlite.execute("SAVEPOINT sqlport_own")
    stage.postgres.execute("SAVEPOINT sqlport_own")
    try:
        builder = _Builder(stage, sources, wanted)
        if builder.put():
            own = stage.with_rows(builder.rows)
            if pair.numbered:
                own.number_new_rows()
            stage.postgres.execute("SAVEPOINT sqlport")
            yield own
        else:
            yield None
    finally:
        stage.sqlite.execute("ROLLBACK TO sqlport_own")
        stage.sqlite.execute("RELEASE sqlport_own")
        stage.postgres.execute("ROLLBACK TO SAVEPOINT sqlport_own")
        stage.postgres.execute("RELEASE SAVEPOINT sqlport_own")


def _queries(pair: Pair) -> Iterator[exp.Expr]:
    """The queries and writes whose conditions may ask for rows: not those under NOT."""
    for node in pair.parsed.nodes(exp.Select, exp.Update, exp.Delete):
        if node.find_ancestor(exp.Not) is None:
            yield node


def _sources(pair: Pair, semantics: Semantics) -> dict[str, str]:
    """The key of the table behind each alias."""
    found: dict[str, str] = {}
    for query in _queries(pair):
        for source in semantics.scopes.sources(query):
            if source.table is not None:
                found.setdefault(source.alias, source.table.name.lower())
    return found


def _collect(query: exp.Expr, pair: Pair, semantics: Semantics, values: Values, wanted: _Wanted) -> None:
    conditions = [query.args.get("where")]
    conditions += [join.args.get("on") for join in query.args.get("joins") or []]
    for condition in conditions:
        if condition is not None:
            inner = condition.this if isinstance(condition, exp.Where) else condition
            for part in _conjuncts(inner):
                _want(part, pair, semantics, values, wanted)


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that all have to hold; of alternatives the first."""
    if isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    elif isinstance(node, exp.Or):
        yield from _conjuncts(node.this)
    else:
        yield node


def _want(part: exp.Expr, pair: Pair, semantics: Semantics, values: Values, wanted: _Wanted) -> None:
    if isinstance(part, exp.Escape):
        part = part.this
    if isinstance(part, exp.Not):
        cell = _cell(part.this.this, semantics) if isinstance(part.this, exp.Is) else None
        if cell is not None:
            wanted.values.setdefault(cell, [])
        return
    if isinstance(part, exp.In):
        _want_in(part, pair, semantics, values, wanted)
        return
    cell = _cell(part.this, semantics) if isinstance(part.this, exp.Expr) else None
    other = part.args.get("expression")
    if isinstance(part, exp.Between):
        other = part.args.get("low")
    if cell is None and isinstance(other, exp.Expr) and _cell(other, semantics) is not None:
        cell, other = _cell(other, semantics), part.this
    if cell is None or not isinstance(other, exp.Expr):
        return
    second = _cell(other, semantics)
    if second is not None:
        wanted.equal.append((cell, second))
        return
    known, value = _value(other, pair, values)
    if known:
        wanted.values.setdefault(cell, []).extend(_making(part, value))


def _want_in(part: exp.In, pair: Pair, semantics: Semantics, values: Values, wanted: _Wanted) -> None:
    cell = _cell(part.this, semantics)
    query = part.args.get("query")
    if cell is None:
        return
    if query is not None:
        inner = query.this if isinstance(query, exp.Subquery) else query
        first = next((item for _, item in semantics.scopes.projections(inner)), None)
        second = _cell(first, semantics) if first is not None else None
        if second is not None:
            wanted.equal.append((cell, second))
        return
    for item in part.expressions:
        known, value = _value(item, pair, values)
        if known:
            wanted.values.setdefault(cell, []).append(value)


def _making(part: exp.Expr, value: Value) -> list[Value]:
    """Values that make the comparison with `value` true."""
    if isinstance(part, exp.Like | exp.ILike):
        return list(matching(str(value)))
    if isinstance(part, exp.Glob):
        return list(matching_glob(str(value)))
    if isinstance(value, int | float):
        if isinstance(part, exp.GT | exp.NEQ):
            return [value + 1, value - 1]
        if isinstance(part, exp.LT):
            return [value - 1, value + 1]
    if isinstance(value, str) and isinstance(part, exp.GT | exp.LT | exp.NEQ):
        return [value + "z", value[:-1], value]
    return [value]


def _cell(node: exp.Expr | None, semantics: Semantics) -> Cell | None:
    """The cell that an expression is, or is made of: lower(name), date(created), a sum with a number."""
    if node is None:
        return None
    for column in [node] if isinstance(node, exp.Column) else list(node.find_all(exp.Column)):
        resolved = semantics.scopes.resolve(column)
        if resolved is not None and resolved.column is not None and resolved.source is not None:
            return resolved.source.alias, resolved.column.name.lower()
    return None


def _value(node: exp.Expr, pair: Pair, values: Values) -> tuple[bool, Value]:
    """Whether the value of a literal or parameter is known, and which."""
    if isinstance(node, exp.Paren | exp.Cast):
        return _value(node.this, pair, values)
    if isinstance(node, exp.Null):
        return True, None
    if isinstance(node, exp.Literal):
        text = str(node.this)
        if node.is_string:
            return True, text
        return True, int(text) if node.is_int else float(text)
    if isinstance(node, exp.Neg):
        known, value = _value(node.this, pair, values)
        return known and isinstance(value, int | float), -value if isinstance(value, int | float) else None
    if isinstance(node, exp.Placeholder):
        start = pair.parsed.span(node).start
        key = next((each.key for each in pair.parsed.placeholders if each.span.start == start), None)
        if isinstance(key, int) and key < len(values):
            return True, values[key]
    return False, None


def _join(wanted: _Wanted) -> None:
    """Give equal cells the values of each other."""
    for _ in range(3):
        for one, other in wanted.equal:
            both = wanted.values.get(one) or wanted.values.get(other) or []
            if both:
                wanted.values[one] = wanted.values[other] = both


class _Builder:
    """Rows for the aliases of a statement, put into both engines as they are made."""

    def __init__(self, stage: Stage, sources: dict[str, str], wanted: _Wanted) -> None:
        self._stage, self._sources, self._wanted = stage, sources, wanted
        self._made: dict[str, Row] = {}
        self.rows: dict[str, tuple[Row, ...]] = dict(stage.universe.rows)

    def put(self) -> bool:
        """Parents first; False where an engine refuses a row and none that is there already would do."""
        order = {model.key: place for place, model in enumerate(self._stage.universe.models)}
        known = [alias for alias, key in self._sources.items() if key in order]
        for copy in range(_COPIES):
            for alias in sorted(known, key=lambda alias: order[self._sources[alias]]):
                model = self._model(alias)
                if model is None or (copy and self._is_parent(alias)):
                    continue
                row = self._row(model, alias, copy)
                if _insert(self._stage, model, row):
                    self._made.setdefault(alias, row)
                    self.rows[model.key] = (*self.rows.get(model.key, ()), row)
                elif copy == 0:
                    existing = self._existing(model, alias)
                    if existing is None:
                        return False
                    self._made[alias] = existing
        return bool(self._made)

    def _model(self, alias: str) -> Model | None:
        return self._stage.universe.model(self._sources[alias])

    def _is_parent(self, alias: str) -> bool:
        """Whether another table of the statement refers to this one: its children are copied, not the row itself."""
        others = [self._model(name) for name in self._sources if name != alias]
        key = self._sources[alias]
        return any(each.parent == key for model in others if model is not None for each in model.references)

    def _row(self, model: Model, alias: str, copy: int) -> Row:
        """A row that is there already, changed to what is wanted and new in its keys."""
        rows = self.rows.get(model.key, ())
        full = min(rows, key=lambda row: sum(value is None for value in row), default=None)
        values: list[Value] = list(full) if full is not None else [fresh(each, 70) for each in model.fields]
        fixed: set[int] = set()
        for place, each in enumerate(model.fields):
            wanted = self._wanted.values.get((alias, each.name.lower()), ())
            options = list(fitting(wanted, each.sort))
            if options:
                values[place] = options[copy % len(options)]
                fixed.add(place)
        for place, value in self._joined(model, alias):
            if place not in fixed:
                values[place] = value
                fixed.add(place)
        referring = {place for reference in model.references for place in reference.own}
        for key in model.keys:
            free = [place for place in key if place not in fixed and place not in referring]
            if free:
                values[free[0]] = fresh(model.fields[free[0]], 800_000 + 10 * len(rows) + copy)
        return tuple(values)

    def _joined(self, model: Model, alias: str) -> Iterator[tuple[int, Value]]:
        """The places that have to equal a cell of a row that was made before."""
        for one, other in (*self._wanted.equal, *((b, a) for a, b in self._wanted.equal)):
            row, source = self._made.get(other[0]), self._sources.get(other[0])
            place = model.place(one[1]) if one[0] == alias else None
            found = self._stage.universe.model(source) if source is not None else None
            there = found.place(other[1]) if found is not None else None
            if place is not None and there is not None and row is not None:
                yield place, row[there]

    def _existing(self, model: Model, alias: str) -> Row | None:
        """A row that is there already and has what is wanted."""
        for row in self.rows.get(model.key, ()):
            wanted = [self._wanted.values.get((alias, each.name.lower())) for each in model.fields]
            if all(not options or value in options for options, value in zip(wanted, row, strict=True)):
                return row
        return None


def _insert(stage: Stage, model: Model, row: Row) -> bool:
    """Insert a row into both engines or neither."""
    stage.sqlite.execute("SAVEPOINT sqlport_row")
    taken = False
    try:
        insert_rows(stage.sqlite, model, [row])
        taken = model.key in stage.absent or fits(stage.postgres, model, [row])
    except (sqlite3.Error, OverflowError):
        taken = False
    finally:
        if not taken:
            stage.sqlite.execute("ROLLBACK TO sqlport_row")
        stage.sqlite.execute("RELEASE sqlport_row")
    return taken
