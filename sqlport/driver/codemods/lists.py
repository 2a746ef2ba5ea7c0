"""DRV016: lists of placeholders that may be empty: SQLite takes `IN ()`, PostgreSQL does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from sqlport.driver.model import Change, Module
from sqlport.driver.names import scope_of
from sqlport.model import HoleKind, Span, Statement

_BEFORE = re.compile(r"(?i)\bIN\s*\(\s*$")


def find(module: Module, statements: Iterable[Statement]) -> Iterator[Change]:
    """Each list of placeholders behind IN whose values nothing in the function is asked about."""
    lists = [node for node in ast.walk(module.source.tree) if isinstance(node, ast.Call) and _values(node)]
    seen: set[Span] = set()
    for statement in statements:
        if not any(_is_list(statement, hole.start, hole.end, hole.kind) for hole in statement.holes):
            continue
        for node in _of_call(module, statement, lists):
            names = _values(node)
            span = module.source.span(node)
            if span not in seen and not _is_asked(module, node, names):
                seen.add(span)
                message = (
                    f"with an empty {min(names)} this is `IN ()`, which PostgreSQL refuses (SQLite finds nothing):"
                    f" return before, or write `= ANY(%s)` and pass `list({min(names)})` as one value"
                )
                yield Change("DRV016", module.path, span, message=message)


def _is_list(statement: Statement, start: int, end: int, kind: HoleKind) -> bool:
    if kind is not HoleKind.PLACEHOLDERS or not _BEFORE.search(statement.sql[:start]):
        return False
    return statement.sql[end:].lstrip().startswith(")")


def _of_call(module: Module, statement: Statement, lists: Iterable[ast.Call]) -> Iterator[ast.Call]:
    """The lists in the function of the statement's call, up to the end of that call."""
    calls = [
        node
        for node in ast.walk(module.source.tree)
        if isinstance(node, ast.Call) and node.lineno == statement.sink_line and node.end_lineno is not None
    ]
    if not calls:
        return
    scope = scope_of(calls[0], module.uses.parents)
    last = max(call.end_lineno or 0 for call in calls)
    for node in lists:
        if scope_of(node, module.uses.parents) is scope and node.lineno <= last:
            yield node


def _values(node: ast.Call) -> set[str]:
    """The names of the values that `",".join("?" * len(names))`, or a list of `?` for each of them, stands for."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "join" or len(node.args) != 1:
        return set()
    if not any(isinstance(part, ast.Constant) and part.value in ("?", "%s") for part in ast.walk(node.args[0])):
        return set()
    found = set()
    for part in ast.walk(node.args[0]):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "len":
            found |= {argument.id for argument in part.args if isinstance(argument, ast.Name)}
        elif isinstance(part, ast.comprehension) and isinstance(part.iter, ast.Name):
            found.add(part.iter.id)
    return found


def _is_asked(module: Module, node: ast.AST, names: set[str]) -> bool:
    """Whether the function asks about the values anywhere, or goes over them in pieces."""
    scope: ast.AST = scope_of(node, module.uses.parents) or module.source.tree
    for part in ast.walk(scope):
        tests: list[ast.AST] = []
        if isinstance(part, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            tests = [part.test]
        elif isinstance(part, ast.BoolOp):  # `return names and load(names)`
            tests = list(part.values[:-1])
        elif isinstance(part, (ast.For, ast.AsyncFor)):
            tests = [part.target]
        elif isinstance(part, ast.comprehension):
            tests = list(part.ifs)
        elif isinstance(part, ast.Assign) and isinstance(part.value, (ast.List, ast.Tuple)) and part.value.elts:
            tests = list(part.targets)
        if any(isinstance(one, ast.Name) and one.id in names for test in tests for one in ast.walk(test)):
            return True
    return False
