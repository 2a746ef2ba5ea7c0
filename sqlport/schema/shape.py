"""What a schema looks like from outside: one form for both engines, so that the two can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column. `type` is as PostgreSQL's `format_type` writes it; `default` and `generated` are expressions.

    `also` is another type that the column may have (that of the key which it refers to), `collation` by what its
    text is compared: `C`, or the name of a collation or of the database's locale.
    """

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    identity: bool = False
    generated: str = ""
    also: str = ""
    collation: str = ""


@dataclass(frozen=True, slots=True, order=True)
class KeyShape:
    """A foreign key; `deferrable` is empty, `deferrable` or `initially deferred`."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferrable: str = ""

    def __str__(self) -> str:
        actions = [f"on delete {self.on_delete.lower()}"] if self.on_delete != "NO ACTION" else []
        actions += [f"on update {self.on_update.lower()}"] if self.on_update != "NO ACTION" else []
        actions += [self.deferrable] if self.deferrable else []
        return " ".join([f"({', '.join(self.columns)}) to {self.table} ({', '.join(self.references)})", *actions])


@dataclass(frozen=True, slots=True, order=True)
class IndexShape:
    """An index that no constraint made; a term is a column or an expression, with its direction."""

    name: str
    unique: bool
    terms: tuple[str, ...]
    predicate: str = ""

    def __str__(self) -> str:
        where = f" where {self.predicate}" if self.predicate else ""
        return f"{'unique ' if self.unique else ''}({', '.join(self.terms)}){where}"


@dataclass(frozen=True, slots=True, order=True)
class TriggerShape:
    """A trigger: `when` it fires (`AFTER UPDATE OF a`), and what it runs, its condition included."""

    name: str
    when: str
    body: str = ""

    def __str__(self) -> str:
        return self.when.lower()


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table, or a view (then `definition` is its query)."""

    name: str
    columns: tuple[ColumnShape, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[KeyShape, ...] = ()
    checks: tuple[str, ...] = ()
    indexes: tuple[IndexShape, ...] = ()
    triggers: tuple[TriggerShape, ...] = ()
    definition: str = ""
    next_id: int | None = None

    def column(self, name: str) -> ColumnShape | None:
        """The column of this name."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Shape:
    """Tables and views by the name that PostgreSQL keeps."""

    tables: Mapping[str, TableShape] = field(default_factory=dict)
    views: Mapping[str, TableShape] = field(default_factory=dict)
