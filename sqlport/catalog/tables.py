"""What tables exist and what SQLite says about them: frozen values that every other room asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf

from sqlport.catalog.names import folded

Affinity = OneOf["INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC"]
TableKind = OneOf["table", "view", "virtual"]
KeyOrigin = OneOf["pk", "unique", "index"]

ROWID_NAMES = frozenset(["rowid", "oid", "_rowid_"])


@dataclass(frozen=True, slots=True)
class Referred:
    """The column that a column of a foreign key refers to, over all keys in between, as it is declared."""

    table: str
    column: str
    declared_type: str
    collation: str = "BINARY"
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column as SQLite has it.

    `default` is SQL text without outer parentheses; `primary_key` the 1-based place in the primary key, 0
    outside it; `rowid_alias` tells that the column is the rowid under another name
    (https://www.sqlite.org/lang_createtable.html#rowid); `generated` is empty for a stored value of its own.
    `referred` is what a foreign key that PostgreSQL can have refers to.
    """

    name: str
    declared_type: str = ""
    affinity: Affinity = "BLOB"
    not_null: bool = False
    default: str | None = None
    collation: str = "BINARY"
    primary_key: int = 0
    rowid_alias: bool = False
    autoincrement: bool = False
    generated: OneOf["", "virtual", "stored"] = ""
    hidden: bool = False
    referred: Referred | None = None

    @property
    def never_null(self) -> bool:
        """Whether SQLite keeps NULL out of it: NOT NULL, or the rowid itself."""
        return self.not_null or self.rowid_alias


@dataclass(frozen=True, slots=True)
class IndexTerm:
    """One term of an index: a column, or an expression (then `column` is None and `expression` its text)."""

    column: str | None
    expression: str = ""
    collation: str = "BINARY"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `origin` tells whether a constraint made it, `predicate` is the condition of a partial one."""

    name: str
    unique: bool
    terms: tuple[IndexTerm, ...]
    predicate: str | None = None
    origin: KeyOrigin = "index"
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """Columns that tell rows apart. At the place of an expression `columns` has an empty name."""

    columns: tuple[str, ...]
    collations: tuple[str, ...]
    origin: KeyOrigin
    predicate: str | None = None
    is_expression: bool = False
    name: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether an ON CONFLICT target can name it by its columns alone."""
        return self.predicate is None and not self.is_expression


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` refer to `table`; `references` are its columns, resolved to its primary key where left out.

    `references` is empty where the table is unknown. `match` and `deferrable` are as written, in capitals.
    """

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    match: str = ""
    deferrable: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of a table or view, as SQLite keeps it; `dropped` tells that a later statement dropped it."""

    name: str
    sql: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view or virtual table; `sql` is its definition, `label` where that was read."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[UniqueKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    without_rowid: bool = False
    strict: bool = False
    temporary: bool = False
    kind: TableKind = "table"
    sql: str = ""
    label: str = ""

    def column(self, name: str) -> Column | None:
        """The column of this name, in any case. `rowid` and its like give the column that is an alias of it."""
        wanted = folded(name)
        for column in self.columns:
            if folded(column.name) == wanted:
                return column
        return self.rowid_column if wanted in ROWID_NAMES else None

    @property
    def rowid_column(self) -> Column | None:
        """The INTEGER PRIMARY KEY that is the rowid, if there is one."""
        return next((column for column in self.columns if column.rowid_alias), None)

    def unique_over(self, columns: Iterable[str]) -> UniqueKey | None:
        """The unique key over exactly these columns, in any order and case; a plain one before a partial one."""
        wanted = sorted(map(folded, columns))
        found = [key for key in self.unique if sorted(map(folded, key.columns)) == wanted]
        return min(found, key=lambda key: not key.is_plain, default=None)

    def keys_within(self, columns: Iterable[str]) -> Iterator[UniqueKey]:
        """The plain unique keys whose columns are all among these."""
        given = set(map(folded, columns))
        return (key for key in self.unique if key.is_plain and given.issuperset(map(folded, key.columns)))


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables by folded name, in the order of their definition."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Iterable[Table]) -> Catalog:
        """A catalog of these tables; of two with one name the later counts."""
        return cls({folded(table.name): table for table in tables})

    def table(self, name: str) -> Table | None:
        """The table or view of this name, in any case."""
        return self.tables.get(folded(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and folded(name) in self.tables

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __len__(self) -> int:
        return len(self.tables)

    def resolve(self, column: str, tables: Iterable[str] | None = None) -> tuple[tuple[Table, Column], ...]:
        """Every column of this name in these tables (all tables, if None): one is certain, several ambiguous."""
        searched = self.tables.values() if tables is None else map(self.table, tables)
        found = ((table, table.column(column)) for table in searched if table is not None)
        return tuple((table, each) for table, each in found if each is not None)

    def overlaid(self, other: Catalog) -> Catalog:
        """This catalog with the tables of `other` added, which win where both have one."""
        return Catalog({**self.tables, **other.tables})
