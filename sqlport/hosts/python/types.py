"""Python types, as far as expressions, annotations and values tell them by their names."""

from __future__ import annotations

import ast
import math

from sqlport.hosts.python.names import dotted

_CALLS = {
    "int": "int",
    "len": "int",
    "ord": "int",
    "hash": "int",
    "str": "str",
    "repr": "str",
    "float": "float",
    "bool": "bool",
    "bytes": "bytes",
    "time.time": "float",
    "time.monotonic": "float",
    "json.dumps": "str",
    "os.urandom": "bytes",
    "pickle.dumps": "bytes",
    "sqlite3.Binary": "bytes",
    "datetime.now": "datetime",
    "datetime.utcnow": "datetime",
    "datetime.fromtimestamp": "datetime",
    "datetime.datetime.now": "datetime",
    "datetime.datetime.utcnow": "datetime",
    "datetime.datetime.fromtimestamp": "datetime",
    "Decimal": "Decimal",
    "decimal.Decimal": "Decimal",
    "date.today": "date",
    "datetime.date.today": "date",
}
_METHODS = {
    "isoformat": "str",
    "strftime": "str",
    "hexdigest": "str",
    "decode": "str",
    "strip": "str",
    "lower": "str",
    "upper": "str",
    "format": "str",
    "encode": "bytes",
    "digest": "bytes",
    "timestamp": "float",
    "timestamp_ms": "int",
    "startswith": "bool",
    "endswith": "bool",
}
_ANNOTATIONS = frozenset("int str float bool bytes datetime date time Decimal UUID".split())
_NANS = frozenset(("math.nan", "numpy.nan", "np.nan"))


def of_expression(node: ast.expr) -> str:
    """The type of what an expression gives, where that is obvious; else nothing."""
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return "bool"
    if isinstance(node, ast.Call):
        known = _CALLS.get(dotted(node.func) or "")
        if known is None and isinstance(node.func, ast.Attribute):
            known = _METHODS.get(node.func.attr)
        return known or ""
    return ""


def of_annotation(node: ast.expr | None) -> str:
    """The type that an annotation promises: also of `X | None` and `Optional[X]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        name = node.value.removesuffix(" | None").rpartition(".")[2].strip()
        return name if name in _ANNOTATIONS else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [
            side for side in (node.left, node.right) if not (isinstance(side, ast.Constant) and side.value is None)
        ]
        return of_annotation(sides[0]) if len(sides) == 1 else ""
    if isinstance(node, ast.Subscript) and (dotted(node.value) or "").rpartition(".")[2] == "Optional":
        return of_annotation(node.slice)
    name = (dotted(node) or "").rpartition(".")[2] if node is not None else ""
    return name if name in _ANNOTATIONS else ""


def trait_of(value: object) -> str:
    """What is odd about a constant (`Arguments.traits`)."""
    if isinstance(value, str):
        return "nul" if "\0" in value else ""
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return "negative" if isinstance(value, int | float) and value < 0 else ""


def is_nan(name: str) -> bool:
    """Whether a library's constant is the one that is not a number."""
    return name in _NANS
