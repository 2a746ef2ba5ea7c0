"""Test functions whose parameters a decorator lists: `@pytest.mark.parametrize("sql", [...])`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from sqlport.hosts.python import strings
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import MAX_EACH, Items, Option, Str, Unknown, Value, choose

if TYPE_CHECKING:
    from sqlport.hosts.python.interpreter import Evaluator


def parametrized(node: ast.FunctionDef | ast.AsyncFunctionDef, evaluator: Evaluator, scope: Scope) -> dict[str, Value]:
    """What each parameter gets that a decorator gives values, as alternatives that belong together."""
    found: dict[str, Value] = {}
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "parametrize":
            given = {keyword.arg: keyword.value for keyword in decorator.keywords}
            arguments = (
                [*decorator.args[:2]] if len(decorator.args) > 1 else [given.get("argnames"), given.get("argvalues")]
            )
            if arguments[0] is not None and arguments[1] is not None:
                names = _names(evaluator.value(arguments[0], scope))
                found.update(_columns(names, arguments[1], evaluator, scope))
    return found


def _names(value: Value) -> list[str]:
    if isinstance(value, Str):
        return [name.strip() for name in strings.flat(value).split(",")]
    if isinstance(value, Items):
        return [strings.flat(part) if isinstance(part, Str) else "" for part in value.values]
    return []


def _columns(names: list[str], node: ast.expr, evaluator: Evaluator, scope: Scope) -> dict[str, Value]:
    if not isinstance(node, (ast.List, ast.Tuple)) or len(node.elts) > MAX_EACH:
        return {}
    columns: list[list[Option]] = [[] for _ in names]
    for turn, element in enumerate(node.elts):
        values = _row(element, len(names), evaluator, scope)
        for column, value in zip(columns, values, strict=True):
            column.append(Option(value, ((id(node), turn),)))
    return {name: choose(column, name, MAX_EACH) for name, column in zip(names, columns, strict=True) if column}


def _row(node: ast.expr, count: int, evaluator: Evaluator, scope: Scope) -> list[Value]:
    """The values of one run of the test: as they are, in a tuple, or in `pytest.param(...)`."""
    parts: list[ast.expr] | None = [node] if count == 1 else None
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "param":
        parts = node.args
    elif count > 1 and isinstance(node, (ast.Tuple, ast.List)):
        parts = node.elts
    if parts is None or len(parts) != count:
        return [Unknown("", "it changes with each run of the test")] * count
    return [evaluator.value(part, scope) for part in parts]
