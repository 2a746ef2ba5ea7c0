"""Tables as a generator of rows sees them: what kind of value each column takes, and which rows it has to fit to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.catalog.names import folded, quote
from sqlport.prove.uses import Key

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Column, Table
    from sqlport.model import Target

Sort = OneOf["integer", "flag", "real", "numeric", "text", "blob", "date", "datetime", "time", "json", "uuid"]
"""What a column holds, told finer than by its type: `flag` is 0 or 1, the last five are texts of a form."""

Value = int | float | str | bytes | None

_BY_KIND: Mapping[str, Sort] = {
    "integer": "integer",
    "real": "real",
    "numeric": "numeric",
    "blob": "blob",
    "json": "json",
}
_BY_NAME: Mapping[str, Sort] = {
    **dict.fromkeys(["boolean", "bool"], "flag"),
    "date": "date",
    **dict.fromkeys(["datetime", "datetime2", "smalldatetime", "timestamp", "timestamptz"], "datetime"),
    **dict.fromkeys(["time", "timetz"], "time"),
    **dict.fromkeys(["json", "jsonb"], "json"),
    **dict.fromkeys(["uuid", "guid", "uniqueidentifier"], "uuid"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column that rows give a value for; `lenient` says that SQLite takes NULL in it although it is a key."""

    name: str
    sort: Sort
    not_null: bool
    identity: bool = False
    lenient: bool = False

    @property
    def postgres(self) -> str:
        """Its name as PostgreSQL text."""
        return quote(self.name)


@dataclass(frozen=True, slots=True)
class Reference:
    """The fields at the places `own` refer to the fields at the places `other` of the table `parent`."""

    own: tuple[int, ...]
    parent: str
    other: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A table: its fields, the keys among them (places of fields), its references, and its CHECK texts.

    `key` is its folded name.
    """

    name: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[int, ...], ...]
    references: tuple[Reference, ...]
    checks: tuple[str, ...]
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", folded(self.name))

    @property
    def postgres(self) -> str:
        """Its name as PostgreSQL text."""
        return quote(self.name)

    @property
    def identity(self) -> int | None:
        """The place of the field that SQLite numbers by itself."""
        return next((place for place, field in enumerate(self.fields) if field.identity), None)

    def place(self, column: str) -> int | None:
        """The place of a field, by the name of its column in any case."""
        wanted = folded(column)
        return next((place for place, field in enumerate(self.fields) if folded(field.name) == wanted), None)


def models(catalog: Catalog, target: Target, dated: Iterable[Key] = (), json: Iterable[Key] = ()) -> tuple[Model, ...]:
    """All tables, parents before their children where no cycle forbids it.

    `dated` and `json` are text columns that statements read as dates or as JSON.
    """
    forms: dict[Key, Sort] = {**dict.fromkeys(dated, "datetime"), **dict.fromkeys(json, "json")}
    tables = [table for table in catalog if table.kind == "table" and table.columns]
    found = {folded(table.name): _model(table, catalog, target, forms) for table in tables}
    return tuple(_ordered(found))


def _model(table: Table, catalog: Catalog, target: Target, forms: Mapping[Key, Sort]) -> Model:
    columns = _stored(table)
    places = {folded(column.name): place for place, column in enumerate(columns)}
    fields = tuple(_field(table, column, target, forms) for column in columns)
    names = [key.columns for key in table.unique if not key.is_expression]
    if table.primary_key:
        names.append(table.primary_key)
    keys = {tuple(places[folded(name)] for name in key) for key in names if all(folded(n) in places for n in key)}
    references = []
    for foreign in table.foreign_keys:
        parent = catalog.table(foreign.table)
        if parent is None or not foreign.references:
            continue
        others = {folded(column.name): place for place, column in enumerate(_stored(parent))}
        own = [places.get(folded(name)) for name in foreign.columns]
        other = [others.get(folded(name)) for name in foreign.references]
        if None not in own and None not in other and len(own) == len(other):
            references.append(
                Reference(
                    tuple(place for place in own if place is not None),
                    folded(parent.name),
                    tuple(place for place in other if place is not None),
                )
            )
    return Model(table.name, fields, tuple(sorted(keys)), tuple(references), table.checks)


def _stored(table: Table) -> list[Column]:
    return [column for column in table.columns if not column.generated and not column.hidden]


def _field(table: Table, column: Column, target: Target, forms: Mapping[Key, Sort]) -> Field:
    lenient = bool(column.primary_key) and not column.never_null
    sort = _sort(table, column, target)
    form = forms.get((folded(table.name), folded(column.name)))
    if form is not None and sort == "text":
        sort = form
    return Field(column.name, sort, column.never_null or lenient, column.rowid_alias, lenient)


def _sort(table: Table, column: Column, target: Target) -> Sort:
    from sqlport.catalog.types import column_type
    from sqlport.semantics.kinds import of_type

    base = folded(column.declared_type).split("(")[0].strip()
    named = _BY_NAME.get(base) or ("datetime" if base.startswith("timestamp") else None)
    kind = of_type(column_type(column, table.name, target))
    if named is not None and (kind in ("text", "time", "json", "boolean") or named == "flag"):
        return named
    if kind == "time":
        return "datetime"
    if kind == "boolean":
        return "flag"
    return _BY_KIND.get(kind, "text")


def _ordered(found: Mapping[str, Model]) -> Iterator[Model]:
    """Parents first; the tables of a cycle in the order of their definition."""
    left = dict(found)
    while left:
        ready = [model for model in left.values() if not _parents(model) & left.keys() - {model.key}]
        for model in ready or [next(iter(left.values()))]:
            del left[model.key]
            yield model


def _parents(model: Model) -> set[str]:
    return {reference.parent for reference in model.references}


def has_cycle(found: Iterable[Model]) -> bool:
    """Whether some table, given in order, refers to a later one."""
    seen: set[str] = set()
    for model in found:
        seen.add(model.key)
        if _parents(model) - seen:
            return True
    return False
