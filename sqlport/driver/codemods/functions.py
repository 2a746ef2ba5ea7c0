"""DRV011: functions of the program that SQL calls, and what to write in the schema instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sqlport.driver.model import Change, Module

_KINDS: Mapping[str, str] = {
    "create_function": "function",
    "create_aggregate": "aggregate",
    "create_window_function": "aggregate",
    "create_collation": "collation",
}
_ONLY_WARNS = "PostgreSQL runs no functions of the program, so the helper only warns"


def find(module: Module) -> Iterator[Change]:
    """Every call that gives SQLite a function."""
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KINDS:
            message = _message(module, node, _KINDS[node.func.attr])
            if message:
                yield Change("DRV011", module.path, module.source.span(node.func), message=message)


def _message(module: Module, call: ast.Call, kind: str) -> str:
    given = _given(call)
    name = given["name"].value if isinstance(given.get("name"), ast.Constant) else None  # type: ignore[attr-defined]
    if not isinstance(name, str):
        return f"{_ONLY_WARNS}: write this {kind} in SQL or PL/pgSQL, in the schema"
    if kind == "collation":
        return (
            "PostgreSQL compares text by collations of its own, so the helper only warns: `CREATE COLLATION"
            f" {name.lower()} (provider = icu, locale = ...)` in the schema, or sort by an expression"
        )
    if name.lower() in ("regexp", "regex"):
        return f"{_ONLY_WARNS}; REGEXP is the operator ~ there and needs none: take this call out"
    if name.lower() in module.table.functions:
        return (
            f"{_ONLY_WARNS}; PostgreSQL has {name.lower()}() itself: see that it does the same, and take this call out"
        )
    if kind == "aggregate":
        return (
            f"{_ONLY_WARNS}: write a transition function and `CREATE AGGREGATE {name}(...) (SFUNC = ..., STYPE = ...)`"
            " in the schema"
        )
    function = _function(module, given.get("func"))
    count = _count(given)
    names = _names(function) or [f"a{number}" for number in range(1, (count or 0) + 1)]
    arguments = "..." if count is None else ", ".join(f"{one} text" for one in names)
    body = _body(module, function)
    known = f"AS $$ SELECT {body} $$" if body else "AS $$ SELECT ... $$"
    types = "with the types that it is called with" if body else "with its body and the types that it is called with"
    return (
        f"{_ONLY_WARNS}: put `CREATE FUNCTION {name}({arguments}) RETURNS text LANGUAGE sql IMMUTABLE {known}` into the"
        f" schema, {types}"
    )


def _given(call: ast.Call) -> dict[str, ast.expr]:
    names = ("name", "narg", "func")
    given = dict(zip(names, call.args, strict=False))
    for keyword in call.keywords:
        if keyword.arg:
            given["narg" if keyword.arg in ("n_arg", "num_params") else keyword.arg] = keyword.value
    return given


def _count(given: Mapping[str, ast.expr]) -> int | None:
    """How many arguments it has; None for any number (-1), or where it is computed."""
    node = given.get("narg")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _function(module: Module, node: ast.expr | None) -> ast.Lambda | ast.FunctionDef | None:
    """The function that is given, written there or defined once in the file."""
    if isinstance(node, ast.Lambda):
        return node
    if not isinstance(node, ast.Name):
        return None
    found = [one for one in ast.walk(module.source.tree) if isinstance(one, ast.FunctionDef) and one.name == node.id]
    return found[0] if len(found) == 1 else None


def _names(function: ast.Lambda | ast.FunctionDef | None) -> list[str]:
    if function is None or function.args.vararg:
        return []
    return [one.arg.lower() for one in (*function.args.posonlyargs, *function.args.args)]


def _body(module: Module, function: ast.Lambda | ast.FunctionDef | None) -> str:
    """The body in SQL, where it is one expression that the driver's table has; empty otherwise."""
    if function is None:
        return ""
    if isinstance(function, ast.Lambda):
        value: ast.expr | None = function.body
    else:
        statements = [one for one in function.body if not (isinstance(one, ast.Expr) and _is_text(one.value))]
        only = statements[0] if len(statements) == 1 else None
        value = only.value if isinstance(only, ast.Return) else None
    while isinstance(value, ast.IfExp) and isinstance(value.orelse, ast.Constant) and value.orelse.value is None:
        value = value.body  # `f(x) if x is not None else None`: functions of PostgreSQL return NULL for NULL
    if value is None:
        return ""
    written = ast.unparse(value)
    names = _names(function)
    for template, sql in module.table.bodies.items():
        for order in (names, names[::-1]):
            places = dict(zip(("a", "b"), order, strict=False))
            try:
                if template.format(**places) == written:
                    return sql.format(**places)
            except KeyError:
                continue
    return ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
