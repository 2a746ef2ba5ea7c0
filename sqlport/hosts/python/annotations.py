"""Annotations to values: the objects that they promise."""

from __future__ import annotations

import ast

from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import (
    Class,
    Instance,
    Object,
    Ref,
    Value,
)


def annotation(evaluator: Evaluator, node: ast.expr | None, scope: Scope) -> Value | None:
    """The object that an annotation promises, when it is of a type that sinks know or of the project."""
    if node is None:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if isinstance(node, ast.BinOp):
        return annotation(evaluator, node.left, scope) or annotation(evaluator, node.right, scope)
    if isinstance(node, ast.Subscript):
        return annotation(evaluator, node.slice, scope) if not isinstance(node.slice, ast.Tuple) else None
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return None
    found = evaluator.value(node, scope)
    if isinstance(found, Class):
        return Object(found.info)
    if isinstance(found, Ref) and _is_library_type(found.name, evaluator):
        return Instance(found.name)
    return None


def _is_library_type(name: str, evaluator: Evaluator) -> bool:
    return name in evaluator.sinks.types
