"""Whether a call is a sink, which one, and what it says about its SQL and its parameters."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import ANY_CALLABLE, Sink, Sinks, is_callable_name
from sqlport.hosts.python.values import (
    Class,
    Const,
    Function,
    Instance,
    Items,
    Method,
    Object,
    Ref,
    Str,
    Table,
    Unknown,
    Value,
    options,
)


@dataclass(frozen=True, slots=True)
class Match:
    """A call that runs SQL: by which sink, shown as `label`, with the SQL expression and the parameters'."""

    sink: Sink
    label: str
    sql: ast.expr
    typed: bool
    parameters: tuple[ast.expr, ...] | None


def match(call: ast.Call, evaluator: Evaluator, sinks: Sinks, scope: Scope) -> list[Match]:
    """The sinks that the call is; several where one call takes SQL in several arguments."""
    target = call.func
    found: list[Match] = []
    for sink, label, typed in _sinks(target, evaluator, sinks, scope):
        sql = argument(call, sink.argument, sink.keywords)
        if sql is not None:
            found.append(Match(sink, label, sql, typed, _parameters(call, sink)))
    return found


def _sinks(target: ast.expr, evaluator: Evaluator, sinks: Sinks, scope: Scope) -> list[tuple[Sink, str, bool]]:
    value = evaluator.value(target, scope)
    for option in options(value):
        if isinstance(option.value, Function):
            return [(sink, option.value.node.name, True) for sink in sinks.by_node.get(id(option.value.node), ())][:1]
        if isinstance(option.value, Object):
            called = _first(sinks.by_method.get("__call__", ()), option.value, _shown(target, evaluator), "__call__")
            return [(sink, label.removesuffix(".__call__"), typed) for sink, label, typed in called]
        if isinstance(option.value, Ref):
            name = option.value.name.removeprefix("builtins.")
            functions = _functions(name, sinks)
            if functions:
                return [(sink, name, True) for sink in functions]
    label = _shown(target, evaluator)
    if is_callable_name(label.rpartition(".")[2]) and (callables := sinks.by_function.get(ANY_CALLABLE)):
        return [(callables[0], label, False)]
    for option in options(value):
        if isinstance(option.value, Method):
            bound = option.value
            found = sinks.by_method.get(bound.name, ())
            return _first(found, bound.receiver, bound.source, bound.name)
    if isinstance(target, ast.Attribute):
        receiver = evaluator.value(target.value, scope)
        return _methods(target.attr, receiver, target.value, evaluator, sinks)
    for option in options(value):
        if isinstance(option.value, Ref):
            source, _, name = option.value.name.rpartition(".")
            if source and source != "builtins":
                return _first(sinks.by_method.get(name, ()), Ref(source, option.value.level), source, name)
    if isinstance(target, ast.Name) and isinstance(value, Unknown) and is_callable_name(target.id):
        return [(sink, target.id, False) for sink in sinks.by_method.get("execute", ()) if sink.silent][:1]
    if isinstance(target, ast.Name):  # a user's own function, or one that is called as a helper of the project is
        named = sinks.by_function.get(target.id, ())[:1]
        return [(replace(one, checked=True, silent=True) if one.key else one, target.id, not one.key) for one in named]
    return []


def _functions(name: str, sinks: Sinks) -> Sequence[Sink]:
    found = sinks.by_function.get(name)
    if found is not None:
        return found
    # A user's `module.name` may leave out the packages before it.
    parts = name.split(".")
    for index in range(1, len(parts)):
        for sink in sinks.by_function.get(".".join(parts[index:]), ()):
            if sink.library == "user":
                return (sink,)
    return ()


def _methods(
    name: str, receiver: Value, node: ast.expr, evaluator: Evaluator, sinks: Sinks
) -> list[tuple[Sink, str, bool]]:
    return _first(sinks.by_method.get(name, ()), receiver, _shown(node, evaluator), name)


def _first(candidates: Sequence[Sink], receiver: Value, source: str, name: str) -> list[tuple[Sink, str, bool]]:
    types = _types(receiver)
    for sink in candidates:
        kind = next((kind for kind in types if kind in sink.types), None)
        if kind is not None:
            return [(sink, f"{kind}.{name}", True)]
    if any(_is_something_else(option.value) for option in options(receiver)):
        return []
    source_name = source.removesuffix("()")
    last = source_name.rpartition(".")[2]
    for sink in candidates:
        if sink.receiver is None:
            continue
        user = sink.library == "user"
        if sink.receiver.search(source_name if user else last) or (user and any(map(sink.receiver.search, types))):
            return [(sink, f"{source}.{name}", user)]
    return []


def _types(receiver: Value) -> list[str]:
    found: list[str] = []
    for option in options(receiver):
        value = option.value
        if isinstance(value, Instance):
            found.append(value.type)
        elif isinstance(value, (Object, Class)):
            for info in value.info.lineage():
                found += [info.node.name, *info.library_bases]
    return found


def _is_something_else(value: Value) -> bool:
    """Whether the receiver cannot be a connection."""
    return isinstance(value, (Str, Items, Table)) or (isinstance(value, Const) and value.value is not None)


def _shown(node: ast.expr, evaluator: Evaluator) -> str:
    name = dotted(node)
    if name is not None:
        return name
    if isinstance(node, ast.Call):
        return f"{_shown(node.func, evaluator)}()"
    if isinstance(node, ast.Attribute):
        return f"{_shown(node.value, evaluator)}.{node.attr}"
    if isinstance(node, ast.Await):
        return _shown(node.value, evaluator)
    return evaluator.segment(node)


def argument(call: ast.Call, position: int, keywords: Sequence[str]) -> ast.expr | None:
    """The call's argument at the position or under one of the names."""
    if 0 <= position < len(call.args):
        before = call.args[: position + 1]
        if position == 0 and isinstance(before[0], ast.Starred):
            return before[0]
        return None if any(isinstance(node, ast.Starred) for node in before) else call.args[position]
    for keyword in call.keywords:
        if keyword.arg in keywords:
            return keyword.value
    return None


def _parameters(call: ast.Call, sink: Sink) -> tuple[ast.expr, ...] | None:
    """The expression of the parameters; of several with `spread`; nothing when none are passed."""
    if sink.parameters < 0:
        return None
    if sink.spread:
        rest = call.args[sink.parameters :]
        return tuple(rest) or None
    found = argument(call, sink.parameters, sink.parameter_keywords)
    if found is None and any(isinstance(node, ast.Starred) for node in call.args):
        return (next(node for node in call.args if isinstance(node, ast.Starred)),)
    return None if found is None or (isinstance(found, ast.Constant) and found.value is None) else (found,)
