"""DRV004: `cursor.lastrowid` of one INSERT becomes RETURNING and `fetchone()`; elsewhere the helper answers it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlport.driver.model import Change, Module, replaced
from sqlport.hosts.python.names import dotted
from sqlport.model import Span


@dataclass(frozen=True, slots=True)
class Inserts:
    """The INSERTs of a call: the statements' ids and the column that holds the new number."""

    statements: tuple[str, ...]
    column: str


def find(module: Module, inserts: Mapping[int, Inserts], returning: dict[str, str], concerns: bool) -> Iterator[Change]:
    """Every `lastrowid`; `inserts` by the line of the call that runs them, `returning` gets what they have to return.

    `concerns` tells whether the file is one whose connections are ported.
    """
    if not concerns:
        return
    for one in ast.walk(module.source.tree):  # aiosqlite: the row that RETURNING gives is the one it answers
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "execute_insert":
            inserted = inserts.get(one.lineno)
            if inserted is not None:
                returning.update(dict.fromkeys(inserted.statements, inserted.column))
    for scope, nodes in _by_scope(module).items():
        for node in nodes:
            span = module.source.span(node)
            call = _origin(module, node, scope)
            known = inserts.get(call.lineno) if call is not None else None
            cursor = dotted(node.value)
            alone = sum(dotted(other.value) == cursor for other in nodes) == 1
            if call is None or known is None or not alone or _in_loop_apart(module, node, call):
                message = (
                    "psycopg has no lastrowid; the helper asks lastval() (the asynchronous one raises), the last number"
                    " that a sequence gave, which is another one after a row with an id of its own; use INSERT ..."
                    " RETURNING"
                )
                yield Change("DRV004", module.path, span, message=message)
                continue
            returning.update(dict.fromkeys(known.statements, known.column))
            name = Span(span.end - len(node.attr), span.end)
            edits = [replaced(module, name, "fetchone()[0]")]
            if _is_awaited(module, call):
                edits = [
                    replaced(module, Span(span.start, span.start), "(await "),
                    replaced(module, name, "fetchone())[0]"),
                ]
            yield Change("DRV004", module.path, span, tuple(edits))


def _by_scope(module: Module) -> dict[int, list[ast.Attribute]]:
    """The uses of lastrowid by the function that they are in."""
    from sqlport.driver.names import scope_of

    found: dict[int, list[ast.Attribute]] = {}
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Attribute) and node.attr == "lastrowid" and isinstance(node.ctx, ast.Load):
            scope = scope_of(node, module.uses.parents)
            found.setdefault(id(scope) if scope is not None else 0, []).append(node)
    return found


def _origin(module: Module, node: ast.Attribute, scope: int) -> ast.Call | None:
    """The call of execute() whose cursor it is: the last one before it that its name was bound to or ran."""
    if isinstance(node.value, ast.Call):
        return node.value if _is_execute(node.value) else None
    cursor = dotted(node.value)
    if cursor is None:
        return None
    last: ast.Call | None = None
    for statement in _before(module, node):
        for call, bound in _runs(statement):
            if bound == cursor or (isinstance(call.func, ast.Attribute) and dotted(call.func.value) == cursor):
                last = call if _is_execute(call) else None
    return last


def _before(module: Module, node: ast.AST) -> Sequence[ast.stmt]:
    """The simple statements that run before a node in its own function, in the order of the text.

    Only those of the blocks that lead to it, and of `with` blocks among them, so that they have run for sure.
    """
    chain: list[ast.stmt] = []
    child: ast.AST = node
    parent = module.uses.parents.get(id(child))
    while parent is not None:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and child in block:
                chain = [*_flat(block[: block.index(child)]), *chain]
        if isinstance(parent, (ast.With, ast.AsyncWith)) and child in parent.body:
            chain = [parent, *chain]
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            break
        if isinstance(parent, ast.Try) and child in parent.orelse:
            chain = [*_flat(parent.body), *chain]
        child, parent = parent, module.uses.parents.get(id(parent))
    return chain


def _flat(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in statements:
        found.append(statement)
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            found += _flat(statement.body)
    return found


def _runs(statement: ast.stmt) -> Iterator[tuple[ast.Call, str | None]]:
    """The calls of a statement that may run SQL, with the name that gets the result; other blocks forget it."""
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            if isinstance(item.context_expr, ast.Call) and item.optional_vars is not None:
                yield item.context_expr, dotted(item.optional_vars)
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        if isinstance(value, ast.Call):
            yield value, dotted(statement.targets[0])
    elif isinstance(statement, ast.Expr):
        value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
        if isinstance(value, ast.Call):
            yield value, None
    elif isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield ast.copy_location(ast.Call(node.func, [], []), node), None


def _is_execute(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "execute" and bool(call.args or call.keywords)


def _is_awaited(module: Module, call: ast.Call) -> bool:
    parent = module.uses.parents.get(id(call))
    if isinstance(parent, ast.withitem):
        return isinstance(module.uses.parents.get(id(parent)), ast.AsyncWith)
    return isinstance(parent, ast.Await)


def _in_loop_apart(module: Module, node: ast.AST, call: ast.Call) -> bool:
    """Whether a loop repeats the use, but not the call."""
    around = {id(loop) for loop in _loops(module, node)}
    return bool(around - {id(loop) for loop in _loops(module, call)})


def _loops(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    parent = module.uses.parents.get(id(node))
    while parent is not None:
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.While)):
            yield parent
        parent = module.uses.parents.get(id(parent))
