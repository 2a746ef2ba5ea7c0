"""Expressions that hold others to values: lists, dicts, comprehensions, lambdas."""

from __future__ import annotations

import ast

from sqlport.hosts.python import strings
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.loops import elements
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.targets import assign
from sqlport.hosts.python.values import (
    MAX_EACH,
    Chars,
    Const,
    Function,
    Items,
    Str,
    Table,
    Unknown,
    Value,
)


def items(evaluator: Evaluator, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
    """The elements of a list, tuple or set."""
    if len(node.elts) > 4 * MAX_EACH:
        return Items((), open=True)
    values: list[Value] = []
    is_open = False
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = evaluator.value(element.value, scope)
            if isinstance(inner, Items):
                values.extend(inner.values)
                is_open = is_open or inner.open
            else:
                values.append(evaluator.unknown(element.value))
                is_open = True
        else:
            values.append(evaluator.value(element, scope))
    return Items(tuple(values), is_open)


def table(evaluator: Evaluator, node: ast.Dict, scope: Scope) -> Value:
    """The entries of a dict whose keys are known."""
    pairs: dict[str | int | None, Value] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        key = key_of(evaluator.value(key_node, scope)) if key_node is not None else None
        pairs[key] = evaluator.unknown(value_node) if key is None else evaluator.value(value_node, scope)
    return Table(tuple(pairs.items()))


def key_of(value: Value) -> str | int | None:
    """The constant that a key of a dict is; None where it is not known."""
    if isinstance(value, Str) and all(isinstance(piece, Chars) for piece in value.pieces):
        return strings.flat(value)
    return value.value if isinstance(value, Const) and isinstance(value.value, int) else None


def comprehension(evaluator: Evaluator, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Value:
    """What each turn gives, where the turns are known."""
    inner = scope.child()
    first = node.generators[0]
    found = elements(evaluator.value(first.iter, inner))
    simple = len(node.generators) == 1 and not first.ifs and isinstance(found, Items) and not found.open
    if simple and isinstance(found, Items) and len(found.values) <= MAX_EACH:
        values = []
        for element in found.values:
            assign(first.target, element, inner)
            values.append(evaluator.value(node.elt, inner))
        return Items(tuple(values))
    for generator in node.generators:
        assign(generator.target, Unknown("", "it changes with each turn of a loop"), inner)
    return Items((evaluator.value(node.elt, inner),), open=True)


def awaited(evaluator: Evaluator, node: ast.Await, scope: Scope) -> Value:
    """What is awaited."""
    return evaluator.value(node.value, scope)


def walrus(evaluator: Evaluator, node: ast.NamedExpr, scope: Scope) -> Value:
    """The value, which the name has from here on."""
    value = evaluator.value(node.value, scope)
    assign(node.target, value, scope)
    return value


def function_of(evaluator: Evaluator, node: ast.Lambda, scope: Scope) -> Value:
    """As a function with one `return`."""
    function = evaluator.lambdas.get(id(node))
    if function is None:
        body = ast.copy_location(ast.Return(node.body), node)
        function = ast.FunctionDef("lambda", node.args, [body], [], None)
        evaluator.lambdas[id(node)] = ast.copy_location(function, node)
    return Function(function, scope, evaluator)


def spread(evaluator: Evaluator, node: ast.Starred, scope: Scope) -> Value:
    """`*args` where one argument is wanted: the first."""
    inner = evaluator.value(node.value, scope)
    if isinstance(inner, Items) and inner.values:
        return inner.values[0]
    if isinstance(inner, Unknown):
        return Unknown(inner.source, inner.reason, inner.kind, inner.derived)
    return evaluator.unknown(node)
