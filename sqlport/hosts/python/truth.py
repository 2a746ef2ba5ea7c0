"""Conditions that the values of a call decide: whether a test holds, where it can be known."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlport.hosts.python import strings
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.values import (
    Chars,
    Choice,
    Const,
    Items,
    Str,
    Table,
    Value,
    choose,
    is_cut,
    join_paths,
    options,
)

if TYPE_CHECKING:
    from sqlport.hosts.python.interpreter import Evaluator
    from sqlport.hosts.python.scopes import Scope

_TEXT = frozenset(("str", "basestring", "unicode", "text_type", "string_types"))
_LISTS = frozenset(("list", "tuple", "Sequence", "Iterable", "set"))
_TABLES = frozenset(("dict", "Mapping"))
_NUMBERS = frozenset(("int", "float", "bool", "bytes"))


def truth(test: ast.expr, evaluator: Evaluator, scope: Scope) -> bool | None:
    """Whether the test holds for the values of the scope; None where that is not known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = truth(test.operand, evaluator, scope)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _joined(test, evaluator, scope)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, evaluator, scope)
    if isinstance(test, ast.Call):
        name = dotted(test.func)
        if name == "isinstance" and len(test.args) == 2:
            names = _type_names(test.args[1])
            given = options(evaluator.value(test.args[0], scope))
            answers = {_is_instance(option.value, names) for option in given}
            return answers.pop() if len(answers) == 1 else None
        return None
    if isinstance(test, (ast.Name, ast.Constant)):
        return _holds(evaluator.value(test, scope))
    return None


def narrow(test: ast.expr, holds: bool, scope: Scope, arm: Scope) -> None:
    """Leave in `arm`, where the test holds or does not, only those alternatives of a name that go with it."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        narrow(test.operand, not holds, scope, arm)
        return
    if isinstance(test, ast.BoolOp) and holds is isinstance(test.op, ast.And):
        for part in test.values:
            narrow(part, holds, scope, arm)
        return
    node, question = test, _holds
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.IsNot)):
        if not (isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None):
            return
        node, question = test.left, _is_none
        holds = holds is isinstance(test.ops[0], ast.Is)
    elif isinstance(test, ast.Call) and dotted(test.func) == "len" and len(test.args) == 1:
        node = test.args[0]
    key = dotted(node)
    value = arm.get(key) if key is not None else None
    if key is None or not isinstance(value, Choice):
        return
    kept = [option for option in value.options if question(option.value) is not (not holds)]
    if kept and len(kept) < len(value.options):
        arm.set(key, choose(kept, key))
        paths = [option.path for option in kept if not is_cut(option.value)] or [()]
        same = tuple(step for step in paths[0] if all(step in path for path in paths[1:]))
        arm.steps = join_paths(arm.steps, same) or arm.steps


def _is_none(value: Value) -> bool | None:
    if isinstance(value, Const):
        return value.value is None
    return False if isinstance(value, (Str, Items, Table)) else None


def _joined(test: ast.BoolOp, evaluator: Evaluator, scope: Scope) -> bool | None:
    found = [truth(part, evaluator, scope) for part in test.values]
    decisive = isinstance(test.op, ast.Or)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _compared(test: ast.Compare, evaluator: Evaluator, scope: Scope) -> bool | None:
    left, right = evaluator.value(test.left, scope), evaluator.value(test.comparators[0], scope)
    operator = test.ops[0]
    if isinstance(operator, (ast.Is, ast.IsNot)) and right == Const(None) and isinstance(test.left, ast.Name):
        if isinstance(left, (Str, Items, Table, Const)):
            return (left == Const(None)) is isinstance(operator, ast.Is)
        return None
    # What an attribute is at first may be set otherwise later; names are the arguments of the call.
    if isinstance(operator, (ast.Eq, ast.NotEq)) and isinstance(test.left, (ast.Name, ast.Constant)):
        pair = _plain(left), _plain(right)
        if None not in pair:
            return (pair[0] == pair[1]) is isinstance(operator, ast.Eq)
    return None


def _plain(value: Value) -> tuple[object] | None:
    if isinstance(value, Const):
        return (value.value,)
    if isinstance(value, Str) and all(isinstance(piece, Chars) for piece in value.pieces):
        return (strings.flat(value),)
    return None


def _holds(value: Value) -> bool | None:
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Str) and (value.known or not value.pieces):
        return value.known
    if isinstance(value, Items) and not value.open:
        return bool(value.values)
    return None


def _type_names(node: ast.expr) -> list[str]:
    parts: Iterable[ast.expr] = node.elts if isinstance(node, ast.Tuple) else [node]
    return [(dotted(part) or "?").rpartition(".")[2] for part in parts]


def _is_instance(value: Value, names: list[str]) -> bool | None:
    if isinstance(value, Str):
        own = _TEXT
    elif isinstance(value, Items):
        own = _LISTS
    elif isinstance(value, Table):
        own = _TABLES
    else:
        return None
    if own.intersection(names):
        return True
    known = _TEXT | _LISTS | _TABLES | _NUMBERS
    return False if all(name in known for name in names) else None
