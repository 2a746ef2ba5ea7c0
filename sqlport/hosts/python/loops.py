"""What loops and comprehensions go through, and what their targets get."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.scopes import Scope, parameter_names
from sqlport.hosts.python.targets import assign
from sqlport.hosts.python.values import (
    MAX_EACH,
    Class,
    Const,
    Items,
    Option,
    Table,
    Unknown,
    Value,
    choose,
    join_paths,
    options,
    text,
)


def elements(value: Value) -> Value:
    """What a loop over the value goes through, as far as it is known: also the members of an enum."""
    if isinstance(value, Class):
        members = value.info.members()
        return value if members is None else Items(tuple(members))
    if isinstance(value, Table) and all(key is not None for key, _ in value.pairs):
        return Items(tuple(text(key) if isinstance(key, str) else Const(key) for key, _ in value.pairs))
    return value


def each_of(found: Value, node: ast.expr) -> Value:
    """What the target of a loop over the value `found` of `node` gets, as alternatives."""
    turns: list[Option] = []
    for option in options(found):
        for turn, value in enumerate(turns_of(option.value)):
            path = join_paths(option.path, ((id(node), len(turns) + turn),))
            turns += [Option(value, path)] if path is not None else []
    return choose(turns, limit=MAX_EACH)


def turns_of(value: Value) -> tuple[Value, ...]:
    """What the turns of a loop over one value get, at least one."""
    if isinstance(value, Items) and value.values:
        return value.values
    if isinstance(value, Unknown):
        return (Unknown("", value.reason or "it changes with each turn", parameter=value.derived),)
    return (Unknown("", "it changes with each turn"),)


def within(evaluator: Evaluator, call: ast.Call, scope: Scope) -> Scope:
    """The scope in which a call happens that is inside comprehensions or lambdas of its statement."""
    for node in evaluator.source.walk.around.get(id(call), ()) if evaluator.source.walk is not None else ():
        scope = scope.child()
        if isinstance(node, ast.Lambda):
            for parameter in parameter_names(node):
                scope.set(parameter.arg, Unknown(parameter.arg, "it is the parameter of a lambda"))
        else:
            for generator in node.generators:
                found = elements(evaluator.value(generator.iter, scope))
                assign(generator.target, each_of(found, generator.iter), scope)
    return scope


def repeated(value: Value, name: str) -> Value:
    """A list that a loop builds up: what one turn adds, with more of it; a turn that adds nothing is no text."""
    found = [Option(option.value, option.path) for option in options(value)]
    lists = [option for option in found if isinstance(option.value, Items) and option.value.values]
    if not lists:
        return Items((), open=True) if isinstance(value, Items) else value
    longest = max(len(option.value.values) for option in lists if isinstance(option.value, Items))
    return choose(
        (
            Option(Items(option.value.values, open=True), option.path)
            for option in lists
            if isinstance(option.value, Items) and len(option.value.values) == longest
        ),
        name,
    )


def accumulated(statements: Sequence[ast.stmt]) -> set[str]:
    """Names that a loop's body builds up from their own old value."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.AugAssign):
            names.add(dotted(node.target) or "")
        elif isinstance(node, ast.Assign):
            key = dotted(node.targets[0])
            inner = ast.walk(node.value)
            if key and any(isinstance(part, (ast.Name, ast.Attribute)) and dotted(part) == key for part in inner):
                names.add(key)
        elif isinstance(node, ast.Expr):
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                if call.func.attr in ("append", "extend"):
                    names.add(dotted(call.func.value) or "")
        else:
            waiting.extend(
                child for child in ast.iter_child_nodes(node) if isinstance(child, (ast.stmt, ast.ExceptHandler))
            )
    return names
