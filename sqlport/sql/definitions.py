"""What a CREATE TABLE, CREATE INDEX or ALTER TABLE says, with the place of every word of it.

Every span is over the text that was read; a text of a `Name` is without its quotes. The words are those of
https://www.sqlite.org/lang_createtable.html, https://www.sqlite.org/lang_createindex.html and
https://www.sqlite.org/lang_altertable.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from sqlport.model import Span

ConstraintKind = OneOf[
    "primary key",
    "unique",
    "not null",
    "null",
    "check",
    "default",
    "collate",
    "references",
    "foreign key",
    "generated",
    "identity",
    "exclude",
    "deferrable",
    "nothing",
]
"""`references` stands at a column, `foreign key` at the table. `identity` and `exclude` are PostgreSQL's. SQLite
ignores `deferrable`, a clause without a foreign key, and `nothing`, a CONSTRAINT name without a constraint."""


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier: `text` without quotes, `span` with them."""

    text: str
    span: Span

    @property
    def quoted(self) -> bool:
        """Whether it is written in quotes of any kind."""
        return len(self.span) != len(self.text)

    def same_as(self, other: str) -> bool:
        """Whether SQLite takes it for `other` (ASCII letters compare without case)."""
        return self.text.translate(_LOWER) == other.translate(_LOWER)


_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Clause:
    """Words with one value: `ON CONFLICT replace`, `MATCH full`, `WITHOUT ROWID`; `value` in capitals."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """A declared type: `name` as written without its arguments, `arguments` the signed numbers as written."""

    name: str
    arguments: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Term:
    """One term of an index or of a key.

    `expression` is the term without collation and order; `name` is set where that is a lone name (in quotes
    or not), which SQLite takes for a column if there is one.
    """

    span: Span
    expression: Span
    name: Name | None = None
    collation: Name | None = None
    collate: Span | None = None
    order: Clause | None = None
    nulls: Clause | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """`ON DELETE set null`: `event` is DELETE, UPDATE or INSERT (which does nothing)."""

    event: str
    action: str
    span: Span


@dataclass(frozen=True, slots=True)
class References:
    """The target of a foreign key; no `columns` means the primary key of `table`."""

    span: Span
    table: Name
    columns: tuple[Term, ...]
    actions: tuple[Action, ...]
    match: Clause | None
    deferrable: Clause | None

    def on(self, event: str) -> str:
        """What happens on DELETE or UPDATE; the last clause counts, NO ACTION without one."""
        return next((each.action for each in reversed(self.actions) if each.event == event), "NO ACTION")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a column or a table.

    `span` begins at CONSTRAINT where the constraint is named, `body` behind that name. `expression` is what
    stands inside the parentheses of CHECK, GENERATED and DEFAULT, or the bare value of DEFAULT (`enclosed`
    tells). `terms` are the columns of a table constraint. `comma` is the comma before a table constraint:
    SQLite does not ask for one between two of them.
    """

    kind: ConstraintKind
    span: Span
    body: Span
    name: Name | None = None
    expression: Span | None = None
    enclosed: bool = False
    terms: tuple[Term, ...] = ()
    order: Clause | None = None
    conflict: Clause | None = None
    autoincrement: Span | None = None
    collation: Name | None = None
    references: References | None = None
    always: Span | None = None
    storage: Clause | None = None
    deferrable: Clause | None = None
    comma: Span | None = None


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column; where it has no type, `type_position` is where one would be written (behind the name)."""

    span: Span
    name: Name
    type: TypeName | None
    constraints: tuple[Constraint, ...]

    @property
    def type_position(self) -> int:
        """Where a type goes that is not there."""
        return self.type.span.start if self.type else self.name.span.end

    def all(self, *kinds: ConstraintKind) -> Iterator[Constraint]:
        """Its constraints of these kinds, in order."""
        return (each for each in self.constraints if each.kind in kinds)

    def first(self, *kinds: ConstraintKind) -> Constraint | None:
        """Its first constraint of these kinds."""
        return next(self.all(*kinds), None)


@dataclass(frozen=True, slots=True)
class CreateTable:
    """A CREATE TABLE: `body` is the parenthesised part with its parentheses, None for `AS SELECT`."""

    span: Span
    name: Name
    schema: Name | None
    temporary: Span | None
    if_not_exists: Span | None
    body: Span | None
    columns: tuple[ColumnDefinition, ...]
    constraints: tuple[Constraint, ...]
    options: tuple[Clause, ...]
    select: Span | None

    @property
    def without_rowid(self) -> Clause | None:
        """The WITHOUT ROWID option."""
        return next((each for each in self.options if each.value == "WITHOUT ROWID"), None)

    @property
    def strict(self) -> Clause | None:
        """The STRICT option."""
        return next((each for each in self.options if each.value == "STRICT"), None)

    def column(self, name: str) -> ColumnDefinition | None:
        """The column of this name, in any case."""
        return next((each for each in self.columns if each.name.same_as(name)), None)

    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's columns as written there, wherever it is declared."""
        for column in self.columns:
            if column.first("primary key"):
                return (column.name.text,)
        for constraint in self.constraints:
            if constraint.kind == "primary key":
                return tuple(term.name.text for term in constraint.terms if term.name)
        return ()


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """A CREATE INDEX: `where` is the condition of a partial index without the word."""

    span: Span
    name: Name
    schema: Name | None
    table: Name
    unique: Span | None
    if_not_exists: Span | None
    terms: tuple[Term, ...]
    where: Span | None


@dataclass(frozen=True, slots=True)
class AlterTable:
    """An ALTER TABLE: `action` tells which of `column`, `old` and `new` are set.

    `add column` has `column`, `rename table` has `new`, `rename column` has `old` and `new`, `drop column`
    has `old`. `word` is the optional word COLUMN.
    """

    span: Span
    table: Name
    schema: Name | None
    action: OneOf["add column", "rename table", "rename column", "drop column"]
    word: Span | None = None
    column: ColumnDefinition | None = None
    old: Name | None = None
    new: Name | None = None
