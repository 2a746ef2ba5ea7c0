"""Expressions that make text to values: literals, f-strings, operators."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sqlport.hosts.python import strings, templates
from sqlport.hosts.python.concat import concat
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.literals import Token
from sqlport.hosts.python.lookups import named
from sqlport.hosts.python.names import shortened
from sqlport.hosts.python.paths import divided
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import (
    MAX_EACH,
    Chars,
    Const,
    Items,
    Str,
    Unknown,
    Value,
    lift,
    options,
    text,
)
from sqlport.model import HoleKind, Literal


def constant(evaluator: Evaluator, node: ast.Constant, _: Scope) -> Value:
    """A literal: text with its place, or another constant."""
    if not isinstance(node.value, str):
        return Const(None if node.value is ... else node.value)
    tokens = None if evaluator.inside_field else evaluator.source.string(node)
    if tokens is None:
        return text(node.value)
    return Str(tuple(piece for token in tokens for piece in _fragment(evaluator, token, 0)))


def _fragment(evaluator: Evaluator, token: Token, index: int) -> tuple[Chars, ...]:
    chars = token.fragments[index].text
    if not chars:
        return ()
    return (Chars(chars, Literal(evaluator.source.file.path, token.start, token.end, "python", index)),)


def formatted(evaluator: Evaluator, node: ast.JoinedStr, scope: Scope) -> Value:
    """An f-string or t-string: the texts with their places, and what its fields are."""
    fields = [value for value in node.values if not isinstance(value, ast.Constant)]
    tokens = None if evaluator.inside_field else evaluator.source.string(node)
    if tokens is None:
        return _formatted_unplaced(evaluator, node, scope)
    operands: list[tuple[Value, str]] = []
    remaining = iter(fields)
    for token in tokens:
        template = "t" in token.prefix
        for index in range(len(token.fragments)):
            operands.append((Str(_fragment(evaluator, token, index)), ""))
            if index == len(token.fragments) - 1:
                break
            field = token.fields[index]
            inner = next(remaining)
            if field.debug:
                operands.append((text(field.debug), ""))
            if template:
                value: Value = Unknown(field.source, "a t-string's value", HoleKind.VALUE)
            elif field.formatted or field.debug:
                value = Unknown(field.source, "a formatted value")
            else:
                value = (
                    _field(evaluator, inner, scope)
                    if isinstance(inner, ast.FormattedValue)
                    else evaluator.unknown(inner)
                )
            operands.append((value, shortened(field.source)))
    return concat(operands)


def _formatted_unplaced(evaluator: Evaluator, node: ast.JoinedStr, scope: Scope) -> Value:
    """An f-string inside an f-string's field: what it says is known, but not where it is written."""
    operands: list[tuple[Value, str]] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            operands.append((text(str(part.value)), ""))
        elif isinstance(part, ast.FormattedValue) and part.conversion in (-1, 115) and not part.format_spec:
            operands.append((_field(evaluator, part, scope), shortened(ast.unparse(part.value))))
        else:
            operands.append((Unknown(shortened(ast.unparse(part)), "a formatted value"), ""))
    return concat(operands)


def _field(evaluator: Evaluator, node: ast.FormattedValue, scope: Scope) -> Value:
    # Older Pythons give wrong positions inside fields; for all of them what is written there has no origin.
    evaluator.inside_field += 1
    try:
        return evaluator.value(node.value, scope)
    finally:
        evaluator.inside_field -= 1


def operation(evaluator: Evaluator, node: ast.BinOp, scope: Scope) -> Value:
    """Text that is added, filled by `%` or repeated; a path that is divided."""
    if isinstance(node.op, ast.Add):
        return _sum(evaluator, node, scope)
    if isinstance(node.op, ast.Mod):
        left = evaluator.value(node.left, scope)
        if any(isinstance(option.value, Str) for option in options(left)):
            return _percent(evaluator, left, node.right, scope)
        if isinstance(left, Unknown):
            return evaluator.unknown(node, left.reason, parameter=left.derived)
    if isinstance(node.op, ast.Div):
        path = divided(evaluator.value(node.left, scope), evaluator.value(node.right, scope))
        return evaluator.unknown(node) if path is None else path
    if isinstance(node.op, ast.Mult):
        left, right = evaluator.value(node.left, scope), evaluator.value(node.right, scope)
        return lift(lambda a, b: _times(evaluator, a, b, node), left, right, source=evaluator.segment(node))
    return evaluator.unknown(node)


def _sum(evaluator: Evaluator, node: ast.BinOp, scope: Scope) -> Value:
    terms: list[ast.expr] = []
    rest: ast.expr = node
    while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):  # a loop: chains are long
        terms.append(rest.right)
        rest = rest.left
    terms.append(rest)
    terms.reverse()
    return add(
        evaluator, [(evaluator.value(term, scope), evaluator.segment(term)) for term in terms], evaluator.segment(node)
    )


def add(evaluator: Evaluator, operands: Sequence[tuple[Value, str]], source: str) -> Value:
    """`a + b + ...` of strings or of lists."""
    values = [value for value, _ in operands]
    if any(isinstance(option.value, Items) for value in values for option in options(value)):
        return lift(lambda *single: _add_items(single, source), *values, source=source)
    if not any(isinstance(option.value, Str) for value in values for option in options(value)):
        kinds = {value.kind for value in values if isinstance(value, Unknown)}
        made_of = (value.derived for value in values if isinstance(value, Unknown))
        parameter = next((found for found in made_of if found is not None), None)
        return Unknown(source, _reason_of(values), kinds.pop() if len(kinds) == 1 else None, parameter)
    return concat(operands)


def _percent(evaluator: Evaluator, left: Value, right: ast.expr, scope: Scope) -> Value:
    argument = evaluator.value(right, scope)
    source = evaluator.segment(right)
    shown = [evaluator.segment(item) for item in right.elts] if isinstance(right, ast.Tuple) else []
    if any(isinstance(item, ast.Starred) for item in getattr(right, "elts", ())):
        shown = []

    def fill(template: Value, value: Value) -> Value:
        if not isinstance(template, Str):
            return Unknown(source, "a % operation")
        return templates.percent(template, value, source, shown)

    if isinstance(argument, Items) and shown:
        argument = Items(tuple(map(named, argument.values, shown)), argument.open)
    return lift(fill, left, argument, source=source)


def _times(evaluator: Evaluator, left: Value, right: Value, node: ast.BinOp) -> Value:
    if isinstance(left, Const) and isinstance(right, (Str, Items)):
        left, right = right, left
    count = right.value if isinstance(right, Const) and isinstance(right.value, int) else None
    if isinstance(left, Str):
        if count is not None:
            return strings.repeat(left, count)
        kind = HoleKind.PLACEHOLDERS if strings.is_placeholder(left) else None
        return evaluator.unknown(node, "a repetition", kind)
    if isinstance(left, Items):
        if count is not None and len(left.values) * max(count, 0) <= MAX_EACH:
            return Items(left.values * count, left.open)
        return Items(left.values, open=True)
    return evaluator.unknown(node)


def unary(evaluator: Evaluator, node: ast.UnaryOp, scope: Scope) -> Value:
    """A number with a minus."""
    value = evaluator.value(node.operand, scope)
    if isinstance(node.op, ast.USub) and isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(-value.value)
    return evaluator.unknown(node)


def _add_items(values: Sequence[Value], source: str) -> Value:
    joined: list[Value] = []
    is_open = False
    for value in values:
        if isinstance(value, Items):
            joined.extend(value.values)
            is_open = is_open or value.open
        else:
            joined.append(Unknown(source, "part of a list that is not known here"))
            is_open = True
    return Items(tuple(joined), is_open)


def _reason_of(values: Sequence[Value]) -> str:
    return next((value.reason for value in values if isinstance(value, Unknown) and value.reason), "")
