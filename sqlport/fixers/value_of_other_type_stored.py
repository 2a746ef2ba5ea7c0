"""TYP002: values of another type than their column, which SQLite stores as they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlglot import exp

from sqlport.catalog import Column
from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import NUMBERS, argument_type, is_number, is_whole, number_as_text, text_literal
from sqlport.fixers._dates_format import number_type
from sqlport.fixers._inserts import inserted
from sqlport.fixers._patterns import quoted
from sqlport.fixers._server_types import cast
from sqlport.model import Applicability
from sqlport.semantics.kinds import of_type
from sqlport.sql import replace

_WHOLE = frozenset("round trunc floor ceil ceiling sign count length sum total".split())
_LOST = "{column} is a column of {type} in PostgreSQL and keeps no {kind}, which SQLite stores as it is: {hint}"
_DECIMAL = "SQLite stores the number {number} for this text, PostgreSQL a decimal with all its zeros; write the number"
_WRITTEN = (
    "{column} holds text: SQLite writes a float there with its point (`1.0`), PostgreSQL without (`1`); make the"
    " column REAL, or write the text on purpose"
)
_HINTS = {
    "real": "PostgreSQL rounds it; make the column REAL, or round on purpose",
    "text": "PostgreSQL raises; store NULL or a number, or make the column TEXT",
    "digits": "the column's affinity is NUMERIC, so SQLite makes a number of it; store what is meant",
    "blob": "PostgreSQL stores its hexadecimal form or raises; make the column BLOB",
    "integer": "PostgreSQL stores its text; store text, or give the column another type",
}


def find(context: Context) -> Iterator[Proposal]:
    """Values in VALUES, SET and INSERT ... SELECT whose kind is plainly another one."""
    from sqlport.catalog.types import column_type

    types: dict[tuple[str, str], str] = {}  # there may be very many rows
    for column, table, value in _stored(context):
        type_name = types.get((table, column.name)) or column_type(column, table, context.target)
        types[table, column.name] = type_name
        if not context.parsed.has_span(value):
            continue
        if type_name == "text" and not column.declared_type and column.affinity == "BLOB":
            yield from _typeless(context, column, value)
        else:
            yield from _judged(context, column, type_name, value)


def _stored(context: Context) -> Iterator[tuple[Column, str, exp.Expr]]:
    found = inserted(context)
    if found is not None and found.table is not None:
        rows = [*found.rows]
        if isinstance(found.source, exp.Select):
            rows.append(tuple(i.this if isinstance(i, exp.Alias) else i for i in found.source.expressions))
        for row in rows:
            for name, value in zip(found.columns, row, strict=False):
                column = found.table.column(name)
                if column is not None:
                    yield column, found.table.name, value
    for assignment in context.parsed.nodes(exp.EQ):
        if isinstance(assignment.parent, exp.Update | exp.OnConflict) and assignment.arg_key == "expressions":
            column = context.semantics.column(assignment.this)
            table = context.semantics.table(assignment.this) if column is not None else None
            if column is not None and table is not None:
                yield column, table.name, assignment.expression


def _typeless(context: Context, column: Column, value: exp.Expr) -> Iterator[Proposal]:
    kind = context.semantics.kind(value)
    if kind in NUMBERS:
        yield _lost(context, column, "text", "integer", value)
    elif kind == "blob":
        yield _lost(context, column, "text", "blob", value)


def _judged(context: Context, column: Column, type_name: str, value: exp.Expr) -> Iterator[Proposal]:
    wanted = of_type(type_name)
    kind = {"float": "real", "str": "text", "bytes": "blob"}.get(argument_type(context, value), "")
    given = kind or context.semantics.kind(value)
    literal, span = text_literal(value), context.parsed.span(value)
    if wanted == "text" and column.affinity == "NUMERIC" and _reads_as_number(value, literal):
        yield _lost(context, column, type_name, "digits", value)
        return
    if isinstance(value, exp.Anonymous) and value.this == "strftime":
        return  # DTF006 and DTF003 make it the number that is wanted
    if wanted == "numeric" and literal is not None and is_number(literal) and column.affinity == "NUMERIC":
        number = _as_stored(literal)
        if number:
            yield Proposal(span, (replace(span, number),), Applicability.SAFE, _DECIMAL.format(number=number))
    elif wanted in NUMBERS and given == "text":
        if literal is None and not kind:
            rewrite = replace(span, *cast(context, value, type_name))
            yield Proposal(span, (rewrite,), Applicability.UNSAFE, "", "the text is a number")
        elif literal is None or not (is_whole(literal) if wanted == "integer" else is_number(literal)):
            yield _lost(context, column, type_name, "text", value)
    elif wanted == "integer" and given in ("real", "numeric") and not _is_whole(value):
        yield _lost(context, column, type_name, "real", value)
    elif wanted == "text" and given in NUMBERS and column.affinity != "TEXT":
        yield _lost(context, column, type_name, "integer", value)
    elif wanted == "text" and given == "real":
        written = number_as_text(value)
        if written is not None:
            yield Proposal(span, (replace(span, quoted(written)),), Applicability.SAFE)
        else:
            yield Proposal(span, message=_WRITTEN.format(column=column.name))
    elif wanted != "blob" and given == "blob":
        yield _lost(context, column, type_name, "blob", value)
    elif wanted == "blob" and (given in NUMBERS or given == "text"):
        yield _lost(context, column, type_name, "text" if given == "text" else "integer", value)


def _as_stored(text: str) -> str:
    """The number that SQLite makes of a text, where PostgreSQL would keep its zeros; empty where both agree."""
    number = Decimal(text.strip())
    if not -(2**53) < number < 2**53 or len(number.as_tuple().digits) > 15:
        return ""
    shown = f"{number.normalize():f}"
    return shown if shown != text else ""


def _reads_as_number(value: exp.Expr, literal: str | None) -> bool:
    """Whether it is a text that NUMERIC affinity makes a number."""
    if literal is not None:
        return is_number(literal)
    if isinstance(value, exp.Anonymous) and value.this == "strftime" and value.expressions:
        fmt = value.expressions[0]
        return isinstance(fmt, exp.Literal) and fmt.is_string and bool(number_type(str(fmt.this)))
    return False


def _is_whole(value: exp.Expr) -> bool:
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Literal):
        return float(str(value.this).replace("_", "")).is_integer()
    return isinstance(value, exp.Anonymous) and value.this in _WHOLE and len(value.expressions) == 1


def _lost(context: Context, column: Column, type_name: str, kind: str, value: exp.Expr) -> Proposal:
    names = {"real": "fraction", "blob": "bytes"}
    message = _LOST.format(column=column.name, type=type_name, kind=names.get(kind, kind), hint=_HINTS[kind])
    return Proposal(context.parsed.span(value), message=message)
