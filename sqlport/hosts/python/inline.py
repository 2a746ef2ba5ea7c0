"""Calls of the project's own functions: their bodies followed with the call's arguments, within limits."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from sqlport.hosts.python.annotations import annotation
from sqlport.hosts.python.flow import Flow
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.scopes import Scope, parameter_names
from sqlport.hosts.python.slices import Slice
from sqlport.hosts.python.values import (
    Class,
    Function,
    Items,
    Object,
    Option,
    Unknown,
    Value,
    choose,
)

MAX_STATEMENTS = 80
"""Statements of a function that is followed for its result."""
_CONTEXTS = ("contextmanager", "asynccontextmanager")
_DECORATORS = frozenset(
    "property cached_property classproperty staticmethod classmethod lru_cache cache override".split()
) | set(_CONTEXTS)


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call, and the object whose method it is."""

    positional: Sequence[Value]
    keywords: Mapping[str, Value]
    receiver: Object | Class | None = None


def inline(evaluator: Evaluator, function: Function, given: Given, source: str) -> Value:
    """What the function returns; where its body is not followed, what its annotation says."""
    node, home, budget = function.node, function.home, evaluator.budget
    unknown = Unknown(source, f"built by `{node.name}()`, which is not followed")
    size = size_of(function)
    key = (node, function.scope, *given.positional, *given.keywords.items(), given.receiver)
    known = budget.known.get(key) or budget.lasting.get(key)
    if known is not None:
        return known
    if not size or not budget.spend(size):
        return annotation(home, node.returns, function.scope) or unknown
    matters = home.source.body(node).slice("result", ())
    scope = bound(function, given, matters)
    budget.depth += 1
    cuts = budget.cuts
    field, home.inside_field = home.inside_field, 0
    try:
        result = _result(function, scope, unknown, matters)
        whole = home.lasting and not budget.building and budget.cuts == cuts
        (budget.lasting if whole else budget.known)[key] = result
        return result
    finally:
        budget.depth -= 1
        home.inside_field = field


def _result(function: Function, scope: Scope, unknown: Unknown, matters: Slice | None) -> Value:
    node, home = function.node, function.home
    single = _single_return(node)
    if single is not None:
        return home.value(single, scope)
    returned: list[Value] = []
    yielded: list[Value] = []
    Flow(home, {}, lambda *_: None, returned=returned, yielded=yielded, slice=matters).block(node.body, scope)
    if yielded and _is_context(node):
        return choose((Option(value) for value in yielded), unknown.source)
    if yielded:
        return Items(tuple(yielded), open=True)
    annotated = annotation(home, node.returns, function.scope)
    if annotated is not None and not any(isinstance(value, (Object, Class)) for value in returned):
        return annotated
    if not returned:
        return unknown
    return choose((Option(value) for value in returned), unknown.source)


def bound(function: Function, given: Given, matters: Slice | None = None) -> Scope:
    """A scope for the function's body in which its parameters have the values of a call, those that matter."""
    node = function.node
    scope = Scope(function.scope, function.owner)
    for parameter in parameter_names(node):
        if matters is not None and parameter.arg not in matters.names:
            continue
        known = annotation(function.home, parameter.annotation, function.scope)
        reason = f"`{node.name}()` is not given its `{parameter.arg}` here"
        scope.set(parameter.arg, known or Unknown(parameter.arg, reason))
    set_defaults(function, scope)
    names = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
    values = list(given.positional)
    if function.owner is not None and not is_static(node):
        values.insert(0, given.receiver or Object(function.owner))
    for name, value in zip(names, values, strict=False):
        scope.set(name, value)
    if node.args.vararg is not None:
        scope.set(node.args.vararg.arg, Items(tuple(values[len(names) :])))
    for name, value in given.keywords.items():
        if name in scope.names:
            scope.set(name, value)
    return scope


def set_defaults(function: Function, scope: Scope) -> None:
    """Bind the parameters that have defaults to them."""
    arguments = function.node.args
    named = [*arguments.posonlyargs, *arguments.args]
    pairs = list(zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True))
    pairs += [
        (parameter, default)
        for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    ]
    for parameter, default in pairs:
        if parameter.arg in scope.names:
            scope.set(parameter.arg, function.home.value(default, function.scope))


def _single_return(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def size_of(function: Function) -> int:
    """How many statements there are to follow; 0 for a function that is not followed."""
    sizes = function.home.budget.sizes
    size = sizes.get(id(function.node))
    if size is None:
        size = sizes[id(function.node)] = _size(function.node)
    return size


def asks_for(function: Function) -> Container[str] | None:
    """The names that its result depends on, parameters among them; None where that may be all of them."""
    if not size_of(function):
        return ()
    matters = function.home.source.body(function.node).slice("result", ())
    return None if matters is None else matters.names


def _size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
        if name not in _DECORATORS:
            return 0
    if _single_return(node) is not None:
        return 1
    count, returns = 0, False
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        count += 1
        returns = returns or (isinstance(inner, ast.Return) and inner.value is not None) or _yields(inner)
        if count > MAX_STATEMENTS:
            return 0
        waiting.extend(
            child
            for child in ast.iter_child_nodes(inner)
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))
        )
    return count if returns else 0


def _is_context(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a `with` statement gets what the generator yields."""
    names = {getattr(decorator, "attr", getattr(decorator, "id", "")) for decorator in node.decorator_list}
    return not names.isdisjoint(_CONTEXTS)


def _yields(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom))


def is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method gets no object."""
    return any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in node.decorator_list)
