"""What the fixers of definitions share: the definition read word by word, and the types of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as replace_choice
from functools import lru_cache

from sqlport.catalog.types import TypeChoice, column_type, may_refer, postgres_type
from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability, Span
from sqlport.sql import Parsed, Rewrite, replace
from sqlport.sql.ddl import read_alter_table, read_create_index, read_create_table, unquoted
from sqlport.sql.definitions import (
    AlterTable,
    ColumnDefinition,
    Constraint,
    CreateIndex,
    CreateTable,
    References,
)

_INTEGERS = frozenset(["bigint", "integer", "smallint"])


def created(context: Context) -> CreateTable | None:
    """The statement as a CREATE TABLE, or None."""
    if context.parsed.kind != "CREATE TABLE":
        return None
    return _created(_Key(context.parsed))


def altered(context: Context) -> AlterTable | None:
    """The statement as an ALTER TABLE, or None."""
    if context.parsed.kind != "ALTER TABLE":
        return None
    return read_alter_table(context.parsed.text, context.parsed.tokens)


def created_index(context: Context) -> CreateIndex | None:
    """The statement as a CREATE INDEX, or None."""
    if context.parsed.kind not in ("CREATE INDEX", "CREATE UNIQUE INDEX"):
        return None
    return read_create_index(context.parsed.text, context.parsed.tokens)


class _Key:
    """A statement as a key of a cache: that very one."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed

    def __hash__(self) -> int:
        return id(self.parsed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.parsed is self.parsed


@lru_cache(maxsize=4)  # every rule asks for the same statement in turn
def _created(key: _Key) -> CreateTable | None:
    return read_create_table(key.parsed.text, key.parsed.tokens)


class _Asked:
    """A context as a key of a cache: these very values."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __hash__(self) -> int:
        return id(self.context.parsed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Asked):
            return False
        mine, theirs = self.context, other.context
        return mine.parsed is theirs.parsed and mine.catalog is theirs.catalog and mine.target is theirs.target


@lru_cache(maxsize=4)
def _choices(asked: _Asked) -> tuple[tuple[ColumnDefinition, TypeChoice, str], ...]:
    """The columns that the statement defines, with the type that each is to have and the one that is written."""
    context = asked.context
    return tuple(
        (column, chosen_type(context, table, column), declared_type(column))
        for table, column in defined_columns(context)
    )


def defined_columns(context: Context) -> Iterator[tuple[str, ColumnDefinition]]:
    """The columns that the statement defines, each with the name of its table; none that the program puts in whole."""
    computed = computed_definitions(context)
    return ((table, column) for table, column in _written_columns(context) if column.name.span not in computed)


def computed_definitions(context: Context) -> frozenset[Span]:
    """Where the program puts in more than a column's name, for all that is known: `CREATE TABLE t ({columns})`."""
    if not context.parsed.holes:
        return frozenset()
    holes = {Span(hole.start, hole.end) for hole in context.parsed.holes}
    columns = [column for _, column in _written_columns(context) if column.type is None and not column.constraints]
    return frozenset(column.name.span for column in columns) & holes


def _written_columns(context: Context) -> Iterator[tuple[str, ColumnDefinition]]:
    table = created(context)
    if table is not None:
        yield from ((table.name.text, column) for column in table.columns)
        return
    change = altered(context)
    if change is not None and change.column is not None:
        yield change.table.text, change.column


def constraints(context: Context) -> Iterator[Constraint]:
    """All constraints that the statement states, of columns and of the table."""
    for _, column in defined_columns(context):
        yield from column.constraints
    table = created(context)
    if table is not None:
        yield from table.constraints


def foreign_keys(context: Context) -> Iterator[tuple[tuple[str, ...], References]]:
    """The foreign keys that the statement states: the columns, and what they refer to."""
    for _, column in defined_columns(context):
        for constraint in column.all("references"):
            if constraint.references:
                yield (column.name.text,), constraint.references
    table = created(context)
    for constraint in table.constraints if table else ():
        if constraint.references:
            yield tuple(term.name.text for term in constraint.terms if term.name), constraint.references


def declared_type(column: ColumnDefinition) -> str:
    """The type as SQLite reads it: without quotes, with its arguments."""
    if column.type is None:
        return ""
    arguments = f"({','.join(column.type.arguments)})" if column.type.arguments else ""
    return unquoted(column.type.name) + arguments


def chosen_type(context: Context, table: str, column: ColumnDefinition) -> TypeChoice:
    """The type that the column is to have on PostgreSQL.

    A type that an earlier round wrote stays: it is what the column in the catalog becomes.
    """
    written = declared_type(column)
    known = context.catalog.table(table)
    original = known.column(column.name.text) if known else None
    if original is not None and written:
        key = f"{table}.{original.name}"
        made = postgres_type(
            original.declared_type, context.target, key, collation=original.collation, default=original.default
        )
        if _same(made.type, written):
            return TypeChoice(made.type, collation=made.collation)
    collate = [each.collation.text for each in column.all("collate") if each.collation]
    default = column.first("default")
    value = default.expression.of(context.parsed.text) if default and default.expression else None
    key = f"{table}.{column.name.text}"
    collation = collate[-1] if collate else "BINARY"
    return postgres_type(written, context.target, key, collation=collation, default=value)


def retyped(context: Context, rule: str) -> Iterator[Proposal]:
    """Every column whose type this rule is about, with PostgreSQL's type in its place."""
    for column, choice, written in _choices(_Asked(context)):
        if rule == "DDL001" and not choice.rule and column.type and column.type.name != unquoted(column.type.name):
            choice = replace_choice(choice, rule=rule, reason="a type in quotes is another type for PostgreSQL")
        elif _same(choice.type, written):
            continue
        if choice.rule != rule:
            continue
        rewrites = type_rewrite(column, choice.type)
        span = column.type.span if column.type else column.name.span
        shown = column.type.span.of(context.parsed.text) if column.type else f"{column.name.text} without a type"
        message = f"{shown} becomes {choice.type}: {choice.reason}"
        if choice.certain:
            yield Proposal(span, rewrites, message=message)
        else:
            condition = f"all values of {column.name.text} are of type {choice.type}"
            yield Proposal(span, rewrites, Applicability.UNSAFE, message, condition)


def referred_types(context: Context) -> Iterator[tuple[ColumnDefinition, str]]:
    """The columns of foreign keys that PostgreSQL cannot compare with what they refer to, and the type of that."""
    defined = {column.name.text.lower(): (table, column) for table, column in defined_columns(context)}
    for names, references in foreign_keys(context):
        parent = context.catalog.table(references.table.text)
        targets = [term.name.text for term in references.columns if term.name]
        for name, target in zip(names, targets or (parent.primary_key if parent else ()), strict=False):
            known = parent.column(target) if parent else None
            table, column = defined.get(name.lower(), ("", None))
            if parent is None or known is None or column is None:
                continue
            wanted = column_type(known, parent.name, context.target)
            if not may_refer(chosen_type(context, table, column).type, wanted):
                yield column, wanted


def type_rewrite(column: ColumnDefinition, name: str) -> tuple[Rewrite, ...]:
    """Give the column this type."""
    if column.type is None:
        span = column.name.span  # round the name, so that what others put behind it comes behind the type
        return (replace(span, span, f" {name}"),)
    return (replace(column.type.span, name),)


def rowid_alias(table: CreateTable) -> ColumnDefinition | None:
    """The INTEGER PRIMARY KEY that SQLite fills by itself (https://www.sqlite.org/lang_createtable.html#rowid)."""
    if table.without_rowid:
        return None
    for column in table.columns:
        key = column.first("primary key")
        if key is not None:
            backwards = key.order is not None and key.order.value == "DESC"
            return column if not backwards and declared_type(column).upper() == "INTEGER" else None
    for constraint in table.constraints:
        if constraint.kind == "primary key":
            names = [term.name.text for term in constraint.terms if term.name]
            found = table.column(names[0]) if len(names) == 1 == len(constraint.terms) else None
            return found if found is not None and declared_type(found).upper() == "INTEGER" else None
    return None


def is_integer(type_name: str) -> bool:
    """Whether it is a type that an identity column can have."""
    return type_name in _INTEGERS


def removed(text: str, span: Span) -> Rewrite:
    """Take the words away, with the blanks before them on the same line (a line may end a comment)."""
    start = span.start
    while start and text[start - 1] in " \t":
        start -= 1
    if start and text[start - 1] in "\r\n":
        start = span.start
    return Rewrite(start, span.end, ())


def without_constraint(context: Context, constraint: Constraint) -> tuple[Rewrite, ...]:
    """The definition without it, and without the comma that sets a constraint of the table apart."""
    start = constraint.comma.start if constraint.comma is not None else constraint.span.start
    between = context.parsed.text[start : constraint.span.start]
    if constraint.terms and (constraint.comma is None or "--" in between or "/*" in between):
        return ()
    if constraint.terms:
        return (Rewrite(start, constraint.span.end, ()),)
    return (removed(context.parsed.text, Span(start, constraint.span.end)),)


def _same(left: str, right: str) -> bool:
    return "".join(left.lower().split()) == "".join(right.lower().split()) and " ".join(left.split()) != ""
