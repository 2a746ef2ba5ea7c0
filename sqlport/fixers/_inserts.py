"""INSERT as rules see it: the table, the columns that get values, the rows, and where clauses can be added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlport.catalog import Column, Table, UniqueKey
from sqlport.catalog.names import folded, quote
from sqlport.fixers import Context
from sqlport.model import Span
from sqlport.sql import Rewrite, insert


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT: `columns` are those that get values, by the catalog where none are named; `written` if they are.

    `rows` are the lists of VALUES; `source` is the query of INSERT ... SELECT.
    """

    node: exp.Insert
    name: str
    table: Table | None
    columns: tuple[str, ...]
    written: bool
    rows: tuple[tuple[exp.Expr, ...], ...]
    source: exp.Expr | None

    def given(self) -> frozenset[str]:
        """The columns that get values, folded."""
        return frozenset(map(folded, self.columns))

    def values_of(self, column: str) -> Iterator[exp.Expr]:
        """What the column gets in each row of VALUES."""
        names = [folded(name) for name in self.columns]
        if folded(column) in names:
            index = names.index(folded(column))
            yield from (row[index] for row in self.rows if index < len(row))


def inserted(context: Context) -> Insert | None:
    """The statement as an INSERT, or None."""
    node = context.parsed.tree
    if not isinstance(node, exp.Insert):
        return None
    target = node.this
    written = isinstance(target, exp.Schema)
    named = target.this if written else target
    table = context.catalog.table(named.name)
    if written:
        columns = tuple(str(name.name) for name in target.expressions)
    else:
        columns = tuple(column.name for column in stored_columns(table)) if table is not None else ()
    if node.args.get("default"):
        columns = ()
    values = node.expression
    rows = [row.expressions for row in values.expressions] if isinstance(values, exp.Values) else []
    source = None if isinstance(values, exp.Values) else values
    return Insert(node, named.name, table, columns, written, tuple(map(tuple, rows)), source)


def stored_columns(table: Table) -> tuple[Column, ...]:
    """The columns that an INSERT without a list gives values to."""
    return tuple(column for column in table.columns if not column.generated and not column.hidden)


def keys_in_play(found: Insert) -> tuple[UniqueKey, ...]:
    """The keys that a new row may have in common with an old one: all their columns get a value or a default.

    A key with all columns of another one, and more, is left out: rows that agree in it agree in the shorter one.
    """
    assert found.table is not None
    keys = [key for key in found.table.unique if all(_has_value(found, name) for name in key.columns)]
    return tuple(key for key in keys if not any(_is_part(other, key) for other in keys))


def _is_part(shorter: UniqueKey, longer: UniqueKey) -> bool:
    parts = [set(zip(map(folded, key.columns), key.collations, strict=True)) for key in (shorter, longer)]
    return shorter.is_plain and parts[0] < parts[1]


def _has_value(found: Insert, name: str) -> bool:
    assert found.table is not None
    column = found.table.column(name) if name else None
    if column is None:  # an expression: nothing is known of it
        return True
    if folded(column.name) in found.given():
        values = list(found.values_of(column.name))
        return not values or not all(isinstance(value, exp.Null) for value in values)
    return not column.rowid_alias and column.default is not None and column.default.upper() != "NULL"


def conflict_action(context: Context, text: str) -> Rewrite:
    """A clause behind the values, before RETURNING."""
    tokens = context.parsed.tokens
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.word == "RETURNING":
            return insert(tokens[index - 1].end, f" {text}")
    return insert(tokens[-1].end, f" {text}")


def without_conflict(context: Context) -> Rewrite | None:
    """The statement without OR IGNORE and the like (REPLACE INTO becomes INSERT INTO)."""
    from sqlport.sql import replace

    spans = context.parsed.lifted.get("conflict", ())
    if not spans:
        return None
    span = spans[0]
    words = span.of(context.parsed.text).split()
    if len(words) == 1:
        return replace(span, "INSERT")
    end = span.end
    while end < len(context.parsed.text) and context.parsed.text[end] in " \t":
        end += 1
    return replace(Span(span.start, end))


def conflict_word(context: Context) -> tuple[str, Span] | None:
    """IGNORE, REPLACE, ABORT, FAIL or ROLLBACK of INSERT OR ... and UPDATE OR ..., and where it stands."""
    spans = context.parsed.lifted.get("conflict", ())
    if not spans:
        return None
    return spans[0].of(context.parsed.text).split()[-1].upper(), spans[0]


def names(columns: tuple[str, ...] | list[str]) -> str:
    """Column names as they are written in a list."""
    return ", ".join(quote(name) for name in columns)
