"""Modifiers that are computed: `'-' || n || ' days'`, `printf('+%d days', n)`, a parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._dates_moment import Parts
from sqlport.sql.match import is_atom

_UNIT = re.compile(r"\s*(day|hour|minute|second|month|year)s?", re.IGNORECASE)
_ANY = "the modifier is a number of days, hours, minutes or seconds, such as '-7 days'"
_NUMBER = "the amount is a number, without a sign of its own"


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A modifier as an interval to add or subtract; `months` tells that its unit is months or years."""

    sign: str
    interval: Parts
    months: bool = False
    once: bool = False
    conditions: tuple[str, ...] = ()


def dynamic(context: Context, node: exp.Expr) -> Dynamic:
    """What a computed modifier adds."""
    while isinstance(node, exp.Paren):
        node = node.this
    pieces = _printed(node) or _flat(node)
    once = node.find(exp.Placeholder, exp.Subquery) is not None
    if len(pieces) in (2, 3):
        made = _counted(context, pieces, once)
        if made is not None:
            return made
    span = context.parsed.span(node)
    operand: Parts = (span,) if is_atom(node) else ("(", span, ")")
    return Dynamic("+", (*operand, "::interval"), once=once, conditions=(_ANY,))


def _flat(node: exp.Expr) -> list[exp.Expr | str]:
    """The operands of `a || b || c`, literals as their text."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.DPipe):
        return [*_flat(node.this), *_flat(node.expression)]
    return [str(node.this)] if isinstance(node, exp.Literal) and node.is_string else [node]


def _printed(node: exp.Expr) -> list[exp.Expr | str]:
    """`printf('-%d days', n)` in the same form."""
    if not isinstance(node, exp.Anonymous) or node.this not in ("printf", "format") or len(node.expressions) != 2:
        return []
    template, amount = node.expressions
    if not isinstance(template, exp.Literal):
        return []
    match = re.fullmatch(r"([+-]?)%[ds]( ?\w+)", str(template.this))
    return [match[1], amount, match[2]] if match is not None else []


def _counted(context: Context, pieces: list[exp.Expr | str], once: bool) -> Dynamic | None:
    """A sign, an amount and a unit."""
    sign = pieces[0] if len(pieces) == 3 else ""
    amount, unit = pieces[-2], pieces[-1]
    match = _UNIT.fullmatch(unit) if isinstance(unit, str) else None
    if match is None or sign not in ("", "+", "-") or isinstance(amount, str):
        return None
    span = context.parsed.span(amount)
    operand: Parts = (span,) if is_atom(amount) else ("(", span, ")")
    kind = context.semantics.kind(amount)
    if kind == "text" and not isinstance(amount, exp.Placeholder):
        operand = (*operand, "::double precision")
    name = match[1].lower()
    parts: Parts = (*operand, f" * interval '1 {name}'")
    return Dynamic(str(sign) or "+", parts, name in ("month", "year"), once, (_NUMBER,))
