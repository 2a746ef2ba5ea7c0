"""ORD003: text that PostgreSQL would sort by the words of a language, in databases with such a locale."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.types import column_choice
from sqlport.fixers import Context, Proposal
from sqlport.fixers._ordering import stands_for, terms
from sqlport.fixers._tables import chosen_type, created, defined_columns, referred_types
from sqlport.semantics.collations import has_collation, is_loose
from sqlport.sql import insert, replace
from sqlport.sql.definitions import ColumnDefinition
from sqlport.sql.match import operand

_SHOWN = 3
_COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_OUT_OF_JSON = (
    "text out of JSON is sorted by the database's locale, which may be a language's; SQLite sorts by code points,"
    " as the collation C does"
)


def find(context: Context) -> Iterator[Proposal]:
    """The text columns of a definition, and text out of JSON that is sorted or compared by its order.

    Nothing where the target's locale is known to compare by code points.
    """
    yield from _in_queries(context)
    columns = []
    numbers = {column.name.span for column, _ in referred_types(context)}
    for table, column in defined_columns(context):
        if column.name.span in numbers:
            continue
        collation = _collation(context, table, column)
        if collation and column.first("collate") is None:
            columns.append((column, f' COLLATE "{collation}"'))
    if not columns:
        return
    table_created = created(context)
    span = table_created.name.span if table_created is not None else columns[0][0].name.span
    names = [column.name.text for column, _ in columns]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    message = (
        f"a database's locale may sort {', '.join(names[:_SHOWN])}{more} by the rules of a language (`a`, `B`, `c`),"
        " SQLite sorts by code points (`B`, `a`, `c`); the collation C does so everywhere"
    )
    rewrites = tuple(
        insert(column.type_position if column.type is None else column.type.span.end, text) for column, text in columns
    )
    yield Proposal(span, rewrites, message=message)


def _collation(context: Context, table: str, column: ColumnDefinition) -> str:
    """The collation that the column needs; none where its foreign key makes it a number."""
    known = context.catalog.table(table)
    original = known.column(column.name.text) if known else None
    if original is not None and original.referred is not None:
        return column_choice(original, table, context.target).collation
    return chosen_type(context, table, column).collation


def _in_queries(context: Context) -> Iterator[Proposal]:
    """What is put in order and has no column's collation; a result column that is named by its label is given one."""
    values = [node for ordered, owner in terms(context) for node in stands_for(context, ordered, owner)]
    for compared in context.parsed.nodes(*_COMPARISONS):
        sides = (compared.this, compared.expression)
        if not any(has_collation(context.semantics, side, context.target) for side in sides):
            values += [one for one, other in (sides, sides[::-1]) if _is_text(context, other)]
    for call in context.parsed.calls("min", "max"):
        values += call.expressions
    for node in filter(_is_out_of_json, values):
        if context.parsed.has_span(node) and is_loose(context.semantics, node, context.target):
            span = context.parsed.span(node)
            rewrite = replace(span, *operand(context.parsed, node), ' COLLATE "C"')
            yield Proposal(span, (rewrite,), message=_OUT_OF_JSON)


def _is_text(context: Context, node: exp.Expr) -> bool:
    return context.semantics.kind(node) == "text" or _is_out_of_json(node)


def _is_out_of_json(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(node, exp.JSONExtractScalar)
