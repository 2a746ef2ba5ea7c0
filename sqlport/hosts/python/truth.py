"""Conditions that the values of a call decide: whether a test holds, where it can be known."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlport.hosts.python import strings
from sqlport.hosts.python.targets import dotted
from sqlport.hosts.python.values import Chars, Const, Items, Str, Table, Value, options

if TYPE_CHECKING:
    from sqlport.hosts.python.evaluate import Evaluator
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
