"""What a call tells about its statement's parameters: how many, how called, of which types, and what is odd."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from sqlport.hosts.python import strings, types
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.match import Match
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import Const, Items, Option, Ref, Str, Table, Unknown, Value, choose, options
from sqlport.model import Arguments


def arguments(found: Match, evaluator: Evaluator, scope: Scope) -> Arguments:
    """What the call tells about the statement's parameters."""
    if found.parameters is None:
        return Arguments()
    if found.sink.spread:
        if any(isinstance(node, ast.Starred) for node in found.parameters):
            return Arguments(passed=True)
        return _positional(list(found.parameters), evaluator, scope)
    node = found.parameters[0]
    if found.sink.many:
        if not isinstance(node, (ast.List, ast.Tuple)) or not node.elts:
            if not isinstance(node, (ast.ListComp, ast.GeneratorExp)):
                return Arguments(passed=True)
            node = node.elt
        else:
            node = node.elts[0]
    return _described(node, evaluator, scope)


def _described(node: ast.expr, evaluator: Evaluator, scope: Scope) -> Arguments:
    if isinstance(node, (ast.Tuple, ast.List)):
        if any(isinstance(element, ast.Starred) for element in node.elts):
            return Arguments(passed=True)
        return _positional(node.elts, evaluator, scope)
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        if len(keys) != len(node.keys):
            return Arguments(passed=True)
        named = zip(keys, (_value(value, evaluator, scope) for value in node.values), strict=True)
        return _arguments(len(keys), tuple(keys), named)
    value = evaluator.value(node, scope)
    if isinstance(value, Items) and not value.open:
        return _arguments(len(value.values), None, enumerate(value.values))
    if isinstance(value, Table) and all(isinstance(key, str) for key, _ in value.pairs):
        names = tuple(str(key) for key, _ in value.pairs)
        return _arguments(len(names), names, ((str(key), part) for key, part in value.pairs))
    return Arguments(passed=True)


def _positional(nodes: Sequence[ast.expr], evaluator: Evaluator, scope: Scope) -> Arguments:
    return _arguments(len(nodes), None, enumerate(_value(node, evaluator, scope) for node in nodes))


def _arguments(count: int, names: tuple[str, ...] | None, values: Iterable[tuple[int | str, Value]]) -> Arguments:
    kinds: dict[int | str, str] = {}
    traits: dict[int | str, str] = {}
    for key, value in values:
        kind, trait = _type(value), _trait(value)
        if kind:
            kinds[key] = kind
        if trait:
            traits[key] = trait
    return Arguments(True, count, names, kinds, traits)


def _value(node: ast.expr, evaluator: Evaluator, scope: Scope) -> Value:
    """The value of a parameter; nothing long is followed for it."""
    if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
        return evaluator.value(node, scope)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return evaluator.value(node, scope)
    if isinstance(node, ast.IfExp):
        return choose(Option(_value(part, evaluator, scope)) for part in (node.body, node.orelse))
    if isinstance(node, ast.Call) and types.of_expression(node) == "float":
        return evaluator.value(node, scope)
    return Unknown("", type=types.of_expression(node))


def _type(value: Value) -> str:
    kinds = {_single_type(option.value) for option in options(value)}
    return kinds.pop() if len(kinds) == 1 else ""


def _single_type(value: Value) -> str:
    if isinstance(value, Str):
        return "str"
    if isinstance(value, Const):
        return "None" if value.value is None else type(value.value).__name__
    if isinstance(value, Unknown):
        exact = value.parameter is not None and value.parameter.exact
        return value.type or (value.parameter.type if value.parameter is not None and exact else "")
    return "float" if isinstance(value, Ref) and types.is_nan(value.name) else ""


def _trait(value: Value) -> str:
    found = (_single_trait(option.value) for option in options(value))
    return next((trait for trait in found if trait), "")


def _single_trait(value: Value) -> str:
    if isinstance(value, Const):
        return types.trait_of(value.value)
    if isinstance(value, Str):
        return types.trait_of(strings.flat(value))
    return "nan" if isinstance(value, Ref) and types.is_nan(value.name) else ""
