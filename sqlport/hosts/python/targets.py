"""Assignment targets: which names get which part of a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import MAX_EACH, Items, Option, Table, Unknown, Value, choose, lift, options


def assign(target: ast.expr, value: Value, scope: Scope) -> None:
    """Bind the names of an assignment's target."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for element, part in _unpacked(target.elts, value):
            assign(element, part, scope)
    elif isinstance(target, ast.Starred):
        assign(target.value, Unknown("", "the rest of an unpacked value"), scope)
    elif isinstance(target, ast.Name):
        scope.set(target.id, value)
    elif isinstance(target, ast.Attribute):
        key = dotted(target)
        if key is not None:
            scope.set(key, value)
    elif isinstance(target, ast.Subscript):
        key = dotted(target.value)
        known = scope.get(key) if key is not None else None
        if key is not None and known is not None:
            scope.set(key, lift(lambda single: _stored(single, target, value), known, source=key))


def _stored(known: Value, target: ast.Subscript, value: Value) -> Value:
    index = target.slice
    if isinstance(known, Table) and isinstance(index, ast.Constant) and isinstance(index.value, (str, int)):
        return Table(tuple({**dict(known.pairs), index.value: value}.items()))
    return Unknown("", "its elements are assigned one by one")


def _unpacked(targets: Sequence[ast.expr], value: Value) -> Iterator[tuple[ast.expr, Value]]:
    starred = any(isinstance(target, ast.Starred) for target in targets)
    found = options(value)
    fits = all(
        isinstance(option.value, Items) and not option.value.open and len(option.value.values) == len(targets)
        for option in found
    )
    for index, target in enumerate(targets):
        if starred or not fits:
            yield target, Unknown("", "it is unpacked from a value that is not known")
            continue
        parts = (Option(option.value.values[index], option.path) for option in found if isinstance(option.value, Items))
        yield target, choose(parts, limit=MAX_EACH)
