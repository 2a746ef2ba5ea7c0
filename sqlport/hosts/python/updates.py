"""Values that are changed where they are: `+=`, and the methods that change lists and dicts."""

from __future__ import annotations

import ast

from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.slices import MUTATING
from sqlport.hosts.python.texts import add
from sqlport.hosts.python.values import MAX_EACH, Const, Items, Str, Table, Unknown, Value, lift, options


def augmented(evaluator: Evaluator, node: ast.AugAssign, scope: Scope) -> Value:
    """What the target has after `+=` and its like."""
    source = evaluator.segment(node.target)
    if isinstance(node.op, ast.Add):
        before = evaluator.value(node.target, scope)
        added = evaluator.value(node.value, scope)
        if isinstance(before, Items) and not isinstance(added, (Items, Str)):
            return Items(before.values, open=True)
        shown = evaluator.segment(node.value)
        return add(evaluator, [(before, source), (added, shown)], source)
    operation = ast.BinOp(node.target, node.op, node.value)
    return evaluator.value(ast.copy_location(operation, node.target), scope)


def mutate(evaluator: Evaluator, call: ast.Call, function: ast.Attribute, scope: Scope) -> None:
    """Lists that are built in place."""
    if function.attr not in MUTATING:
        return
    key = dotted(function.value)
    known = scope.get(key) if key is not None else None
    if key is None or known is None:
        return
    if not any(isinstance(option.value, (Items, Table)) for option in options(known)):
        return
    if function.attr in ("append", "extend") and len(call.args) == 1:
        node = call.args[0]
        added = evaluator.value(node, scope)
        scope.set(key, lift(lambda a, b: _grown(evaluator, a, function.attr, b, node), known, added, source=key))
    elif function.attr == "insert" and len(call.args) == 2:
        at, added = (evaluator.value(argument, scope) for argument in call.args)
        scope.set(key, lift(lambda a, b: _inserted(a, at, b), known, added, source=key))
    elif function.attr == "clear":
        scope.set(key, Items(()))
    else:
        scope.set(key, Unknown(key, f"changed by {function.attr}()"))


def _grown(evaluator: Evaluator, known: Value, method: str, added: Value, node: ast.expr) -> Value:
    if not isinstance(known, Items):
        return known
    if len(known.values) >= MAX_EACH:
        return Items(known.values, open=True)
    if method == "append":
        return Items((*known.values, added), known.open)
    if isinstance(added, Items):
        return Items((*known.values, *added.values), known.open or added.open)
    return Items((*known.values, evaluator.unknown(node)), open=True)


def _inserted(known: Value, at: Value, added: Value) -> Value:
    """The list with one more element at a constant place."""
    if not isinstance(known, Items) or len(known.values) >= MAX_EACH:
        return known
    if not isinstance(at, Const) or not isinstance(at.value, int) or (known.open and at.value):
        return Items((*known.values, Unknown("", "its place in the list is not known here")), open=True)
    values = list(known.values)
    values.insert(at.value, added)
    return Items(tuple(values), known.open)
