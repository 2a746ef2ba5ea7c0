"""DRV014: the values of a call follow their placeholders: psycopg takes one for each `%s`, in order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlport.driver.model import Change, Module
from sqlport.driver.names import scope_of
from sqlport.model import FileEdit, Span, Statement

_METHODS = frozenset(["execute", "executemany", "execute_insert", "execute_fetchall"])
_PURE = frozenset("abs bool bytes float int len max min repr round sorted str sum tuple list".split())
_PURE_METHODS = frozenset("lower upper strip lstrip rstrip casefold title format join replace isoformat hex".split())
_LABELLED = re.compile(r"\?\d|[:@$]\w")
_SECOND = frozenset(["parameters", "params", "seq_of_parameters", "params_seq"])


@dataclass(frozen=True, slots=True)
class Element:
    """A value: its place, its text, and whether it may be evaluated again, elsewhere, or not at all."""

    span: Span
    text: str
    is_pure: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Values that are written out between brackets. `span` has the brackets."""

    span: Span
    elements: tuple[Element, ...]
    is_tuple: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """The parameters of a call: rows that are written out, or (without any) an expression for one or many.

    `names` are those of the statement's placeholders, in the order in which SQLite numbers them.
    """

    path: str
    span: Span
    rows: tuple[Row, ...] = ()
    name: str = ""
    many: bool = False
    names: tuple[str, ...] = ()

    def edits(self, keys: Sequence[int | str]) -> tuple[FileEdit, ...] | None:
        """What gives the values in the order of these keys (0-based positions), None where that cannot be done.

        Names are looked up in a mapping, which gets its keys where the values are written out by position.
        """
        order = [key for key in keys if isinstance(key, int)]
        if len(order) != len(keys):
            return None if order else self._named()
        if is_plain(order):
            return ()
        if not self.rows:
            return (FileEdit(self.path, self.span.start, self.span.end, self._picked(order)),)
        made: list[FileEdit] = []
        for row in self.rows:
            edits = self._reordered(row, order)
            if edits is None:
                return None
            made += edits
        return tuple(made)

    def _picked(self, order: Sequence[int]) -> str:
        source = "row" if self.many else self.name
        comma = "," if len(order) == 1 else ""
        text = f"({', '.join(f'{source}[{position}]' for position in order)}{comma})"
        return f"[{text} for row in {self.name}]" if self.many else text

    def _reordered(self, row: Row, order: Sequence[int]) -> list[FileEdit] | None:
        elements = row.elements
        if max(order) >= len(elements):
            return None
        for position, element in enumerate(elements):
            if not element.is_pure and order.count(position) != 1:
                return None
        effects = [position for position in order if not elements[position].is_pure]
        if effects != sorted(effects):
            return None
        edits: list[FileEdit] = []
        kept = min(len(order), len(elements))
        for slot in range(kept):
            new = elements[order[slot]]
            if new.text != elements[slot].text:
                edits.append(FileEdit(self.path, elements[slot].span.start, elements[slot].span.end, new.text))
        if len(order) == len(elements):
            return edits
        end = elements[kept - 1].span.end
        more = "".join(f", {elements[position].text}" for position in order[kept:])
        if len(order) == 1 and row.is_tuple:
            more = ","
        # The comma of a tuple of one goes; that of a list over several lines stays where it is.
        last = row.span.end - 1 if row.is_tuple and 1 in (len(order), len(elements)) else elements[-1].span.end
        edits.append(FileEdit(self.path, end, last, more))
        return edits

    def _named(self) -> tuple[FileEdit, ...] | None:
        names = self.names
        made: list[FileEdit] = []
        for row in self.rows:
            if len(row.elements) != len(names):
                return None
            made.append(FileEdit(self.path, row.span.start, row.span.start + 1, "{"))
            made += [
                FileEdit(self.path, element.span.start, element.span.start, f'"{name}": ')
                for element, name in zip(row.elements, names, strict=True)
            ]
            start = row.elements[-1].span.end if row.is_tuple and len(names) == 1 else row.span.end - 1
            made.append(FileEdit(self.path, start, row.span.end, "}"))
        return tuple(made)


def is_plain(keys: Sequence[int | str]) -> bool:
    """Whether each parameter is used once, in order, so that its place says which it is."""
    return list(keys) == list(range(len(keys)))


def bindings(module: Module, statements: Iterable[Statement]) -> Iterator[tuple[Statement, Binding]]:
    """The parameters of each statement's call, where they can be given in another order."""
    calls: dict[int, list[ast.Call]] = {}
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            calls.setdefault(node.lineno, []).append(node)
    for statement in statements:
        here = calls.get(statement.sink_line, [])
        if len(here) > 1:
            here = [call for call in here if _holds(module, call, statement)]
        if len(here) == 1 and not _is_handed_on(module, here[0]):
            found = _binding(module, here[0])
            if found is not None:
                yield statement, found


def unported(module: Module, statement: Statement) -> Change:
    """DRV014 at the call of a statement whose parameters are in an order of their own."""
    starts = module.source.lines.starts
    start = starts[min(statement.sink_line, len(starts)) - 1]
    line = module.source.text[start:].split("\n", 1)[0]
    start += len(line) - len(line.lstrip())
    return Change("DRV014", module.path, Span(start, start + max(len(line.strip()), 1)))


def keys_of(statement: Statement) -> tuple[int | str, ...]:
    """The parameter of each placeholder of a statement, in the order of the text; none where places say it."""
    from sqlport.sql import read

    if not _LABELLED.search(statement.sql):
        return ()
    keys = tuple(placeholder.key for placeholder in read(statement.sql, statement.holes).placeholders)
    return () if is_plain(keys) else keys


def agreed(found: Mapping[str, Binding], keys: Mapping[str, tuple[int | str, ...]]) -> dict[str, Binding]:
    """The bindings on which all statements of a call agree."""
    orders: dict[tuple[str, Span], set[tuple[int | str, ...]]] = {}
    for identity, binding in found.items():
        orders.setdefault((binding.path, binding.span), set()).add(keys[identity])
    return {
        identity: replace(binding, names=tuple(dict.fromkeys(key for key in keys[identity] if isinstance(key, str))))
        for identity, binding in found.items()
        if len(orders[binding.path, binding.span]) == 1
    }


def follow(bound: Binding | None, keys: Sequence[int | str]) -> tuple[FileEdit, ...] | None:
    """The edits of a call for the parameters in the order of `keys`, None where they cannot be made."""
    if bound is not None:
        return bound.edits(keys)
    return () if is_plain(keys) or all(isinstance(key, str) for key in keys) else None


def _holds(module: Module, call: ast.Call, statement: Statement) -> bool:
    """Whether the statement is written in the call."""
    span = module.source.span(call.args[0]) if call.args else Span(0, 0)
    starts = [one.literal.start for one in statement.origins if one.literal.path == module.path]
    return any(span.start <= start < span.end for start in starts)


def _is_handed_on(module: Module, call: ast.Call) -> bool:
    """Whether the SQL comes from the function's caller, who may hand on any other."""
    sql = call.args[0] if call.args else None
    scope = scope_of(call, module.uses.parents)
    if isinstance(sql, ast.Name) and isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        arguments = scope.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg]
        return any(one is not None and one.arg == sql.id for one in every)
    return not isinstance(sql, ast.expr) or isinstance(sql, ast.Starred)


def _binding(module: Module, call: ast.Call) -> Binding | None:
    node = call.args[1] if len(call.args) > 1 else None
    for keyword in call.keywords:
        if keyword.arg in _SECOND:
            node = keyword.value
    if node is None or isinstance(node, ast.Starred):
        return None
    assert isinstance(call.func, ast.Attribute)
    many = call.func.attr == "executemany"
    span = module.source.span(node)
    if many and isinstance(node, (ast.List, ast.Tuple)) and node.elts:
        rows = [_row(module, one) for one in node.elts]
        return Binding(module.path, span, tuple(row for row in rows if row)) if all(rows) else None
    if many and isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        row = _row(module, node.elt)
        return Binding(module.path, span, (row,)) if row else None
    if not many and isinstance(node, (ast.List, ast.Tuple)):
        row = _row(module, node)
        return Binding(module.path, span, (row,)) if row else None
    name = span.of(module.source.text)
    if (many and isinstance(node, (ast.Name, ast.Attribute, ast.Call))) or (not many and _is_plain_name(node)):
        return Binding(module.path, span, (), name, many)
    return None


def _row(module: Module, node: ast.expr) -> Row | None:
    if not isinstance(node, (ast.List, ast.Tuple)) or not node.elts:
        return None
    if any(isinstance(element, (ast.Starred, ast.NamedExpr)) for element in node.elts):
        return None
    text = module.source.text
    spans = [_with_parentheses(text, module.source.span(element)) for element in node.elts]
    elements = tuple(
        Element(span, span.of(text), _is_pure(element)) for span, element in zip(spans, node.elts, strict=True)
    )
    if "\n" in "".join(element.text for element in elements):
        return None
    return Row(module.source.span(node), elements, isinstance(node, ast.Tuple))


def _with_parentheses(text: str, span: Span) -> Span:
    """The span with the parentheses directly round it, which belong to the element and not to the row."""
    start, end = span.start, span.end
    while True:
        before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
        if not (before.endswith("(") and after.startswith(")")):
            return Span(start, end)
        start, end = len(before) - 1, len(text) - len(after) + 1


def _is_plain_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _is_pure(node: ast.expr) -> bool:
    """Whether an expression may be evaluated twice, or later, and gives the same."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            function = part.func
            if isinstance(function, ast.Name) and function.id in _PURE:
                continue
            if isinstance(function, ast.Attribute) and function.attr in _PURE_METHODS:
                continue
            return False
        if isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.GeneratorExp, ast.Lambda)):
            return False
    return True
