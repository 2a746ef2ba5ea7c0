"""TYP001: text compared with a number, which SQLite converts by affinity and PostgreSQL refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import (
    NUMBERS,
    affinity_of,
    argument_type,
    is_number,
    is_whole,
    number_as_text,
    text_literal,
)
from sqlport.fixers._patterns import quoted
from sqlport.fixers._server_types import cast
from sqlport.model import Applicability, Span
from sqlport.sql import replace

_COMPARISONS = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_EQUALITIES = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
_CANONICAL = "every text is a number as SQLite writes it (`7`, not `07` or `7.0`)"
_NEVER = (
    "for SQLite text that is no column is never equal to a number, and always larger: probably not what is meant;"
    " cast one side ({hint})"
)
_KEPT = "what SQLite answers (never equal, always larger) is what the program relies on"
_NO_NUMBER = "{text} is no number, so for SQLite it is never equal to one; PostgreSQL raises: compare something else"
_BLOB = (
    "for SQLite a blob is never equal to text or a number, and always larger; PostgreSQL raises, or reads a string as"
    " bytes: compare blobs with blobs (x'...', CAST(... AS BLOB))"
)
_PASSED_TEXT = (
    "text is passed for a parameter that is compared with a number; PostgreSQL raises if it is none (SQLite finds"
    " nothing): pass a number"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every such comparison: operators, IN, BETWEEN and CASE."""
    for whole, left, right in _pairs(context):
        kinds = {_kind(context, left), _kind(context, right)}
        if isinstance(right, exp.Placeholder) or isinstance(left, exp.Placeholder):
            yield from _parameter(context, left, right)
        elif "text" in kinds and kinds & set(NUMBERS):
            text, number = (left, right) if _kind(context, left) == "text" else (right, left)
            yield from _mixed(context, whole, text, number)
        elif "blob" in kinds and kinds & {"text", "boolean", *NUMBERS}:
            yield Proposal(context.parsed.span(whole), message=_BLOB)


def _kind(context: Context, node: exp.Expr) -> str:
    return context.semantics.kind(node)


def _pairs(context: Context) -> Iterator[tuple[exp.Expr, exp.Expr, exp.Expr]]:
    """The comparison, and the two that are compared."""
    parsed = context.parsed
    for kind in _COMPARISONS:
        for node in parsed.nodes(kind):
            if not (isinstance(node.parent, exp.Update | exp.OnConflict) and node.arg_key == "expressions"):
                yield node, node.this, node.expression
    for member in parsed.nodes(exp.In):
        for option in member.expressions:
            yield member, member.this, option
        query = member.args.get("query")
        select = query.this if isinstance(query, exp.Subquery) else query
        if isinstance(select, exp.Select) and len(select.expressions) == 1:
            item = select.expressions[0]
            yield member, member.this, item.this if isinstance(item, exp.Alias) else item
    for between in parsed.nodes(exp.Between):
        yield between, between.this, between.args["low"]
        yield between, between.this, between.args["high"]
    for case in parsed.nodes(exp.Case):
        if case.this is not None:
            for branch in case.args["ifs"]:
                yield case, case.this, branch.this


def _mixed(context: Context, whole: exp.Expr, text: exp.Expr, number: exp.Expr) -> Iterator[Proposal]:
    literal, span = text_literal(text), context.parsed.span(whole)
    if literal is not None:
        yield from _text_literal(context, whole, text, literal, number)
    elif affinity_of(context, number) == "NUMERIC":
        yield _as_numbers(context, whole, text, number)
    elif affinity_of(context, text) == "TEXT":
        yield _as_text(context, number)
    elif _is_key(context, text):  # its order is that of text now
        yield _as_text(context, number) if isinstance(whole, (*_EQUALITIES, exp.In)) else Proposal(span)
    else:
        yield _never_equal(context, whole, text, number)


def _is_key(context: Context, node: exp.Expr) -> bool:
    """Whether it is a number column that is text in PostgreSQL, as what its foreign key refers to."""
    from sqlport.catalog.types import is_retyped

    column = context.semantics.column(node)
    table = context.semantics.table(node) if isinstance(node, exp.Column) else None
    return column is not None and table is not None and is_retyped(column, table.name, context.target)


def _text_literal(
    context: Context, whole: exp.Expr, text: exp.Expr, literal: str, number: exp.Expr
) -> Iterator[Proposal]:
    """A string beside a number: PostgreSQL reads it as one, SQLite only beside a column."""
    span = context.parsed.span(text)
    if affinity_of(context, number) != "NUMERIC":
        yield _never_equal(context, whole, text, number)
    elif not is_number(literal):
        yield Proposal(span, message=_NO_NUMBER.format(text=quoted(literal)))
    elif not is_whole(literal) and _kind(context, number) == "integer":
        yield Proposal(span, (replace(span, literal.strip()),))


def _as_text(context: Context, number: exp.Expr) -> Proposal:
    """A number beside a TEXT column becomes text."""
    span = context.parsed.span(number)
    written = number_as_text(number)
    if written is not None:
        return Proposal(span, (replace(span, quoted(written)),))
    if _kind(context, number) == "integer":
        return Proposal(span, (replace(span, *cast(context, number, "text")),))
    return Proposal(span)


def _as_numbers(context: Context, whole: exp.Expr, text: exp.Expr, number: exp.Expr) -> Proposal:
    """Text beside a number column becomes a number if it looks like one."""
    if isinstance(whole, (*_EQUALITIES, exp.In, exp.Case)):
        span = context.parsed.span(number)
        return Proposal(span, (replace(span, *cast(context, number, "text")),), Applicability.UNSAFE, "", _CANONICAL)
    span = context.parsed.span(text)
    rewrite = replace(span, *cast(context, text, "numeric"))
    return Proposal(span, (rewrite,), Applicability.UNSAFE, "", "every text is a number")


def _never_equal(context: Context, whole: exp.Expr, text: exp.Expr, number: exp.Expr) -> Proposal:
    span = context.parsed.span(whole)
    message = _NEVER.format(hint="CAST(... AS INTEGER), or the number as text")
    if not isinstance(whole, exp.EQ | exp.GT | exp.LT | exp.GTE | exp.LTE | exp.NEQ) or not _is_plain(context, whole):
        return Proposal(span, message=message)
    larger = isinstance(whole, exp.GT | exp.GTE | exp.NEQ)
    if isinstance(whole, exp.LT | exp.LTE | exp.GT | exp.GTE):
        larger = larger == (whole.this is text)
    if not larger:
        return Proposal(span, (replace(span, "false"),), Applicability.UNSAFE, message, _KEPT)
    if not isinstance(number, exp.Literal):
        return Proposal(span, message=message)
    parts: tuple[str | Span, ...] = (context.parsed.span(text), " IS NOT NULL")
    return Proposal(span, (replace(span, *parts),), Applicability.UNSAFE, message, _KEPT)


def _is_plain(context: Context, node: exp.Expr) -> bool:
    """Whether it is a condition, and false does as well as NULL."""
    if not context.semantics.wants_condition(node):
        return False
    parent = node.parent
    while isinstance(parent, exp.And | exp.Or | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where | exp.Having | exp.Join | exp.If)


def _parameter(context: Context, left: exp.Expr, right: exp.Expr) -> Iterator[Proposal]:
    """A parameter whose type is known, beside a column of the other kind."""
    parameter, other = (left, right) if isinstance(left, exp.Placeholder) else (right, left)
    passed = argument_type(context, parameter)
    kind, span = _kind(context, other), context.parsed.span(parameter)
    if kind == "text" and passed in ("int", "bool") and affinity_of(context, other) == "TEXT":
        rewrites = (replace(span, "CAST(", span, " AS text)"),) if passed == "int" else ()
        yield Proposal(span, rewrites)
    elif kind == "text" and passed in ("int", "float", "bool") and not isinstance(other, exp.Literal):
        yield Proposal(span, message=_NEVER.format(hint="pass the text"))
    elif kind in NUMBERS and passed == "str" and affinity_of(context, other) == "NUMERIC":
        yield Proposal(span, message=_PASSED_TEXT)
