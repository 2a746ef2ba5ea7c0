"""Calls of Python's own functions and of libraries to values: what their results say about text."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sqlport.hosts.python import strings
from sqlport.hosts.python.collected import key_of
from sqlport.hosts.python.inline import Given, inline
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.loops import elements, turns_of
from sqlport.hosts.python.paths import path_of, tail
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import (
    MAX_EACH,
    Const,
    File,
    Function,
    Instance,
    Items,
    Ref,
    Str,
    Table,
    Template,
    Unknown,
    Value,
    lift,
    text,
)

_TRANSPARENT = frozenset(
    ("str", "list", "tuple", "iter", "reversed", "sorted", "contextlib.closing", "typing.cast", "sys.intern", "set")
)


def known_call(evaluator: Evaluator, name: str, node: ast.Call, scope: Scope) -> Value:
    """What the function of that dotted name returns; builtins go without their module."""
    known = evaluator.sinks.returns.get(name)
    if known is not None:
        return Instance(known)
    if name == "dict":
        return _dict(evaluator, node, scope)
    if name == "map":
        return _map(evaluator, node, scope)
    if name in ("locals", "vars") and not node.args:
        return _locals(scope)
    if not node.args:
        return evaluator.unknown(node)
    arguments = [evaluator.value(argument, scope) for argument in node.args]  # once: calls stand in calls
    found = path_of(name, arguments)
    if found is not None:
        return read_file(evaluator, found, node)
    argument = arguments[-1 if name == "typing.cast" else 0]
    if name in ("textwrap.dedent", "inspect.cleandoc"):
        change = strings.dedent if name == "textwrap.dedent" else strings.cleandoc
        return lift(lambda single: change(single) if isinstance(single, Str) else single, argument)
    if name == "string.Template":
        return lift(lambda single: Template(single) if isinstance(single, Str) else single, argument)
    if name in _TRANSPARENT:
        return _as_text(argument) if name == "str" else elements(argument)
    if name == "float":
        return _float(evaluator, argument, node)
    if name == "enumerate" and isinstance(argument, Items):
        pairs = (Items((Const(index), value)) for index, value in enumerate(argument.values))
        return Items(tuple(pairs), argument.open)
    if name == "enumerate" and isinstance(argument, Unknown) and argument.parameter:
        return Items((Items((Unknown("", "it counts the turns"), *turns_of(argument))),), open=True)
    if name == "zip":
        return _zip(evaluator, node, arguments)
    if name == "getattr" and len(node.args) > 1:
        return _getattr(evaluator, node, arguments[1], scope)
    return evaluator.unknown(node)


def read_file(evaluator: Evaluator, found: tuple[File, bool] | None, node: ast.Call) -> Value:
    """A path, or the text that is read from it."""
    if found is None:
        return evaluator.unknown(node)
    file, is_text = found
    if not is_text:
        return file
    path = tail(file)
    text = evaluator.script(path) if path else None
    return evaluator.unknown(node, "it is read from a file that is not known here") if text is None else text


def _as_text(value: Value) -> Value:
    if isinstance(value, Const) and isinstance(value.value, int):
        return text(str(value.value))
    return value


def _float(evaluator: Evaluator, argument: Value, node: ast.Call) -> Value:
    if isinstance(argument, Str):
        try:
            return Const(float(strings.flat(argument)))
        except ValueError:
            pass  # the program may well know what to do
    return evaluator.unknown(node)


def _locals(scope: Scope) -> Value:
    """The names of a scope and of those around it."""
    names: dict[str | int | None, Value] = {}
    around: Scope | None = scope
    while around is not None:
        names = {**{name: value for name, value in around.names.items() if name.isidentifier()}, **names}
        around = around.parent
    return Table(tuple(names.items()))


def _getattr(evaluator: Evaluator, node: ast.Call, name: Value, scope: Scope) -> Value:
    if not isinstance(name, Str) or not strings.flat(name).isidentifier():
        return evaluator.unknown(node)
    attribute = ast.Attribute(node.args[0], strings.flat(name), ast.Load())
    return evaluator.value(ast.copy_location(attribute, node), scope)


def _zip(evaluator: Evaluator, node: ast.Call, arguments: Sequence[Value]) -> Value:
    """Pairs, of lists that are known or open."""
    return lift(lambda *lists: _rows(evaluator, node, lists), *map(elements, arguments))


def _rows(evaluator: Evaluator, node: ast.Call, lists: Sequence[Value]) -> Value:
    known = [one for one in lists if isinstance(one, Items) and one.values]
    if not known and not any(isinstance(one, Unknown) and one.parameter for one in lists):
        return evaluator.unknown(node)
    if len(known) == len(lists):
        rows = zip(*(one.values for one in known), strict=False)
        return Items(tuple(Items(row) for row in rows), any(one.open for one in known))
    longest = max((len(one.values) for one in known), default=1)
    return Items(tuple(Items(tuple(_turn(one, turn) for one in lists)) for turn in range(longest)), open=True)


def _turn(found: Value, turn: int) -> Value:
    """What a turn of a loop over the value gets; of one that is not known the same in each turn."""
    values = turns_of(found)
    return values[min(turn, len(values) - 1)]


def _map(evaluator: Evaluator, node: ast.Call, scope: Scope) -> Value:
    """`map(function, list)`, element by element."""
    unknown = evaluator.unknown(node, "the result of map()")
    if len(node.args) != 2:
        return Items((unknown,), open=True)
    function = evaluator.value(node.args[0], scope)
    items = elements(evaluator.value(node.args[1], scope))
    if isinstance(function, Ref) and function.name == "builtins.str":
        if isinstance(items, Items):
            return items
        source = evaluator.segment(node.args[1])
        return Items((Unknown(source, "its elements are not known here"),), open=True)
    if not isinstance(function, Function):
        return Items((unknown,), open=True)
    each: list[Value] = [Unknown("", "it changes with each turn of a loop")]
    is_open = not isinstance(items, Items) or items.open or len(items.values) > MAX_EACH
    if isinstance(items, Items) and 0 < len(items.values) <= MAX_EACH:
        each = list(items.values)
    source = evaluator.segment(node)
    return Items(tuple(inline(evaluator, function, Given((value,), {}), source) for value in each), is_open)


def _dict(evaluator: Evaluator, node: ast.Call, scope: Scope) -> Value:
    given: Value = evaluator.value(node.args[0], scope) if node.args else Items(())
    named = [(keyword.arg, evaluator.value(keyword.value, scope)) for keyword in node.keywords]

    def table(single: Value) -> Value:
        pairs = _pairs(single)
        if pairs is None:
            return evaluator.unknown(node)
        known: dict[str | int | None, Value] = dict(pairs)
        known.update(named)
        return Table(tuple(known.items()))

    return lift(table, given)


def _pairs(value: Value) -> Sequence[tuple[str | int | None, Value]] | None:
    """The keys and values of a dict, or of a list of pairs with constant keys; None where they are not known."""
    if isinstance(value, Table):
        return value.pairs
    if not isinstance(value, Items) or value.open:
        return None
    pairs: list[tuple[str | int | None, Value]] = []
    for pair in value.values:
        if not isinstance(pair, Items) or len(pair.values) != 2 or (key := key_of(pair.values[0])) is None:
            return None
        pairs.append((key, pair.values[1]))
    return pairs
