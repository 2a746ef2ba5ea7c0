"""FNC003: max(a, b) and min(a, b) of one row, which are NULL when any argument is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import NUMBERS, server_type
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace

_NAMES = {"max": "greatest", "min": "least"}
_STRICT = (exp.Add, exp.Sub, exp.Mul, exp.Paren, exp.Neg, exp.Cast, exp.Collate, exp.DPipe)
_DATES = frozenset(["date", "time", "datetime", "julianday", "unixepoch"])
_STRICT_CALLS = frozenset("abs round length lower upper trim floor ceil".split())
_MIXED = "max() and min() of numbers and text compare by type on SQLite; PostgreSQL has no such order: cast one side"


def find(context: Context) -> Iterator[Proposal]:
    """Every max() or min() with more than one argument; the outermost of nested ones asks for NULLs."""
    for call in context.parsed.calls("max", "min"):
        if is_scalar(call):
            yield _proposal(context, call)


def is_scalar(node: exp.Expr) -> bool:
    """Whether it is max() or min() of one row, not of many."""
    return isinstance(node, exp.Anonymous) and node.this in _NAMES and len(node.expressions) > 1


def _proposal(context: Context, call: exp.Anonymous) -> Proposal:
    span = context.parsed.span(call)
    types = {server_type(context, argument) for argument in call.expressions}
    numbers = bool(types & NUMBERS)
    strings = any(isinstance(argument, exp.Literal) and argument.is_string for argument in call.expressions)
    if (numbers and (strings or "text" in types)) or "boolean" in types or len(types & {"text", "bytea"}) == 2:
        return Proposal(span, message=_MIXED)
    guards = () if _is_guarded(call) else tuple(dict.fromkeys(_guards(context, call)))
    rewrites = (_renamed(context, call), *_asked(context, call, guards))
    parameters = any(guard.startswith((":", "?", "@", "$")) for guard in guards)
    if any(isinstance(node, exp.Subquery) or _is_random(node) for node in call.find_all(exp.Expr)) and guards:
        return Proposal(span, message="max() and min() are NULL when an argument is; ask for it before greatest()")
    if parameters:
        return Proposal(span, rewrites, Applicability.UNSAFE, condition="no parameter is NULL")
    if "any" in types and (strings or numbers):
        return Proposal(span, rewrites, Applicability.UNSAFE, condition="all arguments have one type")
    if len(types & NUMBERS) > 1 and types & {"float8", "numeric"}:
        return Proposal(span, rewrites, Applicability.UNSAFE, condition="whole numbers may come back as floats")
    return Proposal(span, rewrites)


def _renamed(context: Context, call: exp.Anonymous) -> Rewrite:
    start = context.parsed.span(call).start
    return replace(Span(start, start + len(str(call.this))), _NAMES[str(call.this)])


def _asked(context: Context, call: exp.Anonymous, guards: tuple[str, ...]) -> tuple[Rewrite, ...]:
    asked = [guard for guard in guards if not guard.startswith((":", "?", "@", "$"))]
    if not asked:
        return ()
    span = context.parsed.span(call)
    condition = " AND ".join(f"{guard} IS NOT NULL" for guard in asked)
    return (replace(span, f"CASE WHEN {condition} THEN ", span, " END"),)


def _is_guarded(call: exp.Expr) -> bool:
    """Whether an enclosing max() or min() asks for the NULLs of this one."""
    parent = call.parent
    while parent is not None and _passes_null(parent):
        if is_scalar(parent):
            return True
        parent = parent.parent
    return False


def _passes_null(node: exp.Expr) -> bool:
    """Whether the node is NULL exactly when one of its operands is."""
    if isinstance(node, exp.Anonymous):
        return is_scalar(node) or node.this in _STRICT_CALLS
    return isinstance(node, _STRICT)


def _guards(context: Context, node: exp.Expr) -> Iterator[str]:
    """The texts that must not be NULL for the node not to be."""
    if _reads_date(context, node):
        yield from _guards(context, node.expressions[0])
    elif isinstance(node, exp.Anonymous) and (is_scalar(node) or node.this in _STRICT_CALLS):
        for argument in node.expressions:
            yield from _guards(context, argument)
    elif isinstance(node, _STRICT):
        for side in (node.this, node.args.get("expression")):
            if isinstance(side, exp.Expr) and not (isinstance(node, exp.Collate | exp.Cast) and side is not node.this):
                yield from _guards(context, side)
    elif context.semantics.nullable(node):
        yield from _guard(context, node)


def _reads_date(context: Context, node: exp.Expr) -> bool:
    """Whether it is a date function of a text: its port raises for what is no date, so only NULL gives NULL."""
    if not isinstance(node, exp.Anonymous) or node.this not in _DATES or context.target.helpers:
        return False
    return len(node.expressions) == 1 and context.semantics.kind(node.expressions[0]) == "text"


def _guard(context: Context, node: exp.Expr) -> Iterator[str]:
    from sqlport.sql.match import is_atom

    text = context.parsed.text_of(node)
    yield text if is_atom(node) else f"({text})"


def _is_random(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this in ("random", "randomblob")
