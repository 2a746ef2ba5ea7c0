"""DRV006, DRV015: what programs read out of SQLite's errors, and loops that try again while it is locked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sqlport.driver.model import Change, Module
from sqlport.driver.names import Reference
from sqlport.model import Span

_MESSAGES = re.compile(
    r"(?i)(UNIQUE|FOREIGN KEY|NOT NULL|CHECK) constraint failed|no such (table|column|function)"
    r"|database (table )?is locked|already exists|duplicate column"
    r"|has no column|syntax error|unable to open database|not a database|datatype mismatch"
)
_COMPARING = frozenset(
    "assertIn assertEqual assertRegex assertRaisesRegex startswith endswith search match find fullmatch".split()
)
_NUMBERS = frozenset(["sqlite_errorname", "sqlite_errorcode"])
_LOCKED = frozenset(["OperationalError", "DatabaseError", "Error"])
_COMPARED = (
    "this compares with a message of SQLite; PostgreSQL says it otherwise: compare the class"
    " (psycopg.errors.UniqueViolation) or `error.sqlstate`"
)
_NUMBERED = (
    "psycopg's errors have no {name}; compare the class (psycopg.errors.UniqueViolation) or `error.sqlstate`"
    " (https://www.postgresql.org/docs/current/errcodes-appendix.html)"
)
_AGAIN = (
    "this tries again while SQLite is locked; PostgreSQL waits for locks by itself and raises where transactions"
    " exclude one another: run the whole transaction again for SerializationFailure and DeadlockDetected, and"
    " leave the rest of psycopg.errors to fail (tenacity's retry_if_exception_type takes both)"
)


def find(module: Module) -> Iterator[Change]:
    """Every place that reads a message or a number of SQLite's, and every loop that tries again."""
    again = tuple(_again(module))
    yield from again
    seen = [change.span for change in again]
    for node, message in _read(module):
        span = module.source.span(node)
        if not any(one.contains(span) for one in seen):
            seen.append(span)
            yield Change("DRV006", module.path, span, message=message)


def _read(module: Module) -> Iterator[tuple[ast.expr, str]]:
    for handler in _handlers(module):
        yield from ((node, _COMPARED) for node in _compared(module, handler))
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _MESSAGES.search(node.value):
            if _is_compared(module, node):
                yield node, _COMPARED
        elif isinstance(node, ast.Attribute) and node.attr in _NUMBERS:
            yield node, _NUMBERED.format(name=node.attr)


def _handlers(module: Module) -> Iterator[ast.ExceptHandler]:
    """The handlers of the library's exceptions."""
    names = {id(one.node) for one in module.uses.references if one.member in module.table.exceptions}
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            if any(id(part) in names for part in ast.walk(node.type)):
                yield node


def _compared(module: Module, handler: ast.ExceptHandler) -> Iterator[ast.expr]:
    """Where the handler compares the text of its error, or a name that it gives to it."""
    if handler.name is None:
        return
    texts = {
        target.id
        for node in ast.walk(handler)
        if isinstance(node, ast.Assign) and _is_text(node.value, handler.name)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(handler):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(_has_text(side, handler.name, texts) for side in sides):
                yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COMPARING:
            values = [node.func.value, *node.args]
            if any(_has_text(value, handler.name, texts) for value in values):
                yield node


def _is_text(node: ast.expr, name: str) -> bool:
    """`str(error)`, `error.args[0]`, with lower() and its like behind it."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("str", "repr"):
        return any(isinstance(argument, ast.Name) and argument.id == name for argument in node.args)
    if isinstance(node, ast.Subscript):
        node = node.value
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("args", "message")
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    )


def _has_text(node: ast.expr, name: str, texts: set[str]) -> bool:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return _is_text(node, name) or (isinstance(node, ast.Name) and node.id in texts)


def _is_compared(module: Module, node: ast.Constant) -> bool:
    """Whether the text is compared with a message: `in str(error)`, `==`, assertIn(), match=."""
    parent = module.uses.parents.get(id(node))
    if isinstance(parent, ast.Compare):
        return True
    if isinstance(parent, ast.keyword):
        return parent.arg == "match"
    if isinstance(parent, ast.Call):
        return _called(parent) in _COMPARING
    return False


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _again(module: Module) -> Iterator[Change]:
    """Handlers in a loop that wait, or look for a lock, and retrying decorators."""
    for handler in _handlers(module):
        caught = {one.member for one in module.uses.references if _is_in(one, handler.type)}
        if caught & _LOCKED and _in_loop(module, handler) and _waits(handler):
            assert handler.type is not None
            yield Change("DRV015", module.path, _head(module, handler), message=_AGAIN)
    for reference in module.uses.references:
        parent = module.uses.parents.get(id(reference.node))
        while isinstance(parent, ast.Tuple):
            parent = module.uses.parents.get(id(parent))
        if reference.member in _LOCKED and isinstance(parent, ast.Call):
            if re.search(r"(?i)retry|backoff|on_exception", ast.unparse(parent.func)):
                yield Change("DRV015", module.path, module.source.span(reference.node), message=_AGAIN)


def _is_in(reference: Reference, node: ast.expr | None) -> bool:
    return node is not None and any(part is reference.node for part in ast.walk(node))


def _head(module: Module, handler: ast.ExceptHandler) -> Span:
    """From `except` to the end of its classes."""
    assert handler.type is not None
    start = module.source.lines.offset(handler.lineno, handler.col_offset)
    return Span(start, module.source.span(handler.type).end)


def _in_loop(module: Module, node: ast.AST) -> bool:
    parent = module.uses.parents.get(id(node))
    while parent is not None and not isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        if isinstance(parent, (ast.While, ast.For, ast.AsyncFor)):
            return True
        parent = module.uses.parents.get(id(parent))
    return False


def _waits(handler: ast.ExceptHandler) -> bool:
    for node in ast.walk(handler):
        if isinstance(node, ast.Call) and _called(node) in ("sleep", "wait"):
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.search(r"(?i)\b(locked|busy)\b", node.value):
                return True
    return False
