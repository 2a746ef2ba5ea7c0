"""The shape that PostgreSQL has to have for a SQLite schema, told by SQLite's catalogue and not by the port.

Only the words of expressions come from elsewhere: PostgreSQL writes them in its own way, so they are those of a
reference, which is the port as a server keeps it. Where the reference lacks an expression the SQLite text stands,
and the comparison shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlport.catalog.names import folded, kept, quote
from sqlport.catalog.nocase import is_lowered, is_referred, key_terms
from sqlport.catalog.types import column_choice, icu_nocase, is_collatable
from sqlport.schema.port import Definition, PortedSchema
from sqlport.schema.shape import ColumnShape, IndexShape, KeyShape, Shape, TableShape, TriggerShape
from sqlport.sql.ddl import read_create_index
from sqlport.sql.tokens import tokenize
from sqlport.sql.triggers import read_create_trigger

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Column, ForeignKey, Index, Table, Trigger, UniqueKey
    from sqlport.model import Target

_NAMES = {
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "int8": "bigint",
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "float8": "double precision",
    "float4": "real",
    "bool": "boolean",
    "decimal": "numeric",
}
_INTEGERS = ("bigint", "integer", "smallint")


def expected_shape(schema: PortedSchema, reference: Shape, next_ids: Mapping[str, int] | None = None) -> Shape:
    """What the tables and views of the SQLite schema are in PostgreSQL. Temporary and virtual tables are none."""
    renamed = dict(_index_names(schema))
    made = {each.name for each in schema.of_kind("table", "view")}
    tables: dict[str, TableShape] = {}
    views: dict[str, TableShape] = {}
    for table in schema.catalog:
        name = kept(table.name)
        if table.kind == "virtual" and name in made:
            tables.update({name: reference.tables[name]} if name in reference.tables else {})
            views.update({name: reference.views[name]} if name in reference.views else {})
        if table.temporary or table.kind == "virtual":
            continue
        if table.kind == "view":
            views[name] = _view(table, reference.views.get(name))
        else:
            known = reference.tables.get(name) or TableShape(name, ())
            tables[name] = _table(table, known, schema, renamed, (next_ids or {}).get(folded(table.name)))
    for index in schema.of_kind("index"):
        name = kept(index.of)
        if name in tables and name in reference.tables and _is_of_text_table(index):
            added = {each for each in reference.tables[name].indexes if each.name == index.name}
            tables[name] = replace(tables[name], indexes=tuple(sorted({*tables[name].indexes, *added})))
    return Shape(tables, views)


def _is_of_text_table(index: Definition) -> bool:
    """Whether a full text table became this index, which stands on the table whose text it is."""
    return re.match(r"(?i)\s*CREATE\s+VIRTUAL\b", index.original) is not None


def type_name(written: str) -> str:
    """A type as `format_type` writes it: `numeric(10, 2)` is `numeric(10,2)` there."""
    plain = " ".join(written.lower().split()).replace(", ", ",").replace(" (", "(")
    base, bracket, arguments = plain.partition("(")
    if base in ("numeric", "decimal") and arguments.removesuffix(")").isdigit():
        arguments = arguments.replace(")", ",0)")
    base = {"varchar": "character varying", "char": "character"}.get(base, _NAMES.get(base, base))
    return base + bracket + arguments


def _table(
    table: Table, known: TableShape, schema: PortedSchema, renamed: Mapping[str, str], next_id: int | None
) -> TableShape:
    return TableShape(
        kept(table.name),
        tuple(_column(column, table, known, schema.catalog, schema.target) for column in table.columns),
        tuple(map(kept, table.primary_key)),
        tuple(sorted(_unique_keys(table, known, schema))),
        tuple(sorted(_key(key) for key in table.foreign_keys)),
        _checks(table, known),
        tuple(
            sorted(_index(index, known, table, renamed, schema) for index in table.indexes if index.origin == "index")
        ),
        tuple(sorted(_triggers(table.triggers, known.triggers))),
        next_id=next_id or None,
    )


def _column(column: Column, table: Table, known: TableShape, catalog: Catalog, target: Target) -> ColumnShape:
    reference = known.column(kept(column.name))
    type_ = type_name(column_choice(column, table.name, target).type)
    default = ""
    if column.default is not None and column.default.strip("() ").upper() != "NULL" and not column.generated:
        default = (reference.default if reference else "") or column.default
    generated = ""
    if column.generated:
        generated = (reference.generated if reference else "") or f"{column.generated} in SQLite"
    return ColumnShape(
        kept(column.name),
        type_,
        column.never_null or column.primary_key > 0,
        default,
        column.rowid_alias and type_ in _INTEGERS,
        generated,
        _referred_type(column, table, catalog, target),
        _collation(column, type_, target),
    )


def _collation(column: Column, type_: str, target: Target) -> str:
    """As SQLite compares text, whether its column says so or the database; NOCASE where ICU makes such a collation."""
    if not is_collatable(type_):
        return ""
    return "nocase" if type_ == "text" and column.collation == "NOCASE" and icu_nocase(target) else "C"


def _referred_type(column: Column, table: Table, catalog: Catalog, target: Target) -> str:
    """The type of the key that the column alone refers to: PostgreSQL wants both to compare."""
    for key in table.foreign_keys:
        parent = catalog.table(key.table)
        if len(key.columns) == 1 == len(key.references) and folded(key.columns[0]) == folded(column.name) and parent:
            other = parent.column(key.references[0])
            return type_name(column_choice(other, parent.name, target).type) if other else ""
    return ""


def _key(key: ForeignKey) -> KeyShape:
    """SQLite reads MATCH and does as if nothing were written (https://www.sqlite.org/foreignkeys.html)."""
    words = key.deferrable.upper()
    deferred = "INITIALLY DEFERRED" in words
    when = "" if not words or words.startswith("NOT") else "initially deferred" if deferred else "deferrable"
    columns, references = tuple(map(kept, key.columns)), tuple(map(kept, key.references))
    return KeyShape(columns, kept(key.table), references, key.on_delete.upper(), key.on_update.upper(), when)


def _unique_keys(table: Table, known: TableShape, schema: PortedSchema) -> Iterator[tuple[str, ...]]:
    """The unique keys, and those over lower() where a NOCASE column stays text: a foreign key wants both."""
    for key in table.unique:
        folding = key_terms(key, table, schema.target)
        if key.origin == "index" or not key.is_plain:
            continue
        if folding == tuple(map(quote, key.columns)):
            if key.origin == "unique":
                yield _unique(key, table, known)
            continue
        yield tuple(term.replace('"', "") for term in folding)
        if key.origin == "unique" and is_referred(schema.catalog, table.name, key.columns):
            yield tuple(map(kept, key.columns))


def _unique(key: UniqueKey, table: Table, known: TableShape) -> tuple[str, ...]:
    """Its columns; where it compares by another collation than they do, the expressions of the reference."""
    columns = tuple(map(kept, key.columns))
    plain = (table.column(name) for name in key.columns)
    if all(column and column.collation == by for column, by in zip(plain, key.collations, strict=True)):
        return columns
    for terms in known.unique:
        if len(terms) == len(columns) and all(name in term for name, term in zip(columns, terms, strict=True)):
            return terms
    return tuple(f"{name} collate {by.lower()}" for name, by in zip(columns, key.collations, strict=True))


def _checks(table: Table, known: TableShape) -> tuple[str, ...]:
    """As many as SQLite has, in the words of the reference as far as that has as many."""
    if len(known.checks) == len(table.checks):
        return known.checks
    missing = list(table.checks[len(known.checks) :])
    return tuple(sorted([*known.checks[: len(table.checks)], *missing]))


def _index(
    index: Index, known: TableShape, table: Table, renamed: Mapping[str, str], schema: PortedSchema
) -> IndexShape:
    name = renamed.get(folded(index.name), kept(index.name))
    reference = next((each for each in known.indexes if each.name == name), None)
    terms = []
    for place, term in enumerate(index.terms):
        other = reference.terms[place] if reference and place < len(reference.terms) else ""
        column = table.column(term.column) if term.column else None
        if column is not None and column.collation == "NOCASE" and is_lowered(table, column.name, schema.target):
            column = None
        if column is None or term.collation != column.collation:
            terms.append(other or term.expression or str(term.column))
            continue
        words = f"{kept(column.name)}{' desc' if term.descending else ''}"
        # Where NULLs stand is a choice of the port; the direction and the column are not.
        plain = other.removesuffix(" nulls first").removesuffix(" nulls last").replace('"', "")
        terms.append(other if plain == words else words)
    predicate = ((reference.predicate if reference else "") or index.predicate) if index.predicate else ""
    return IndexShape(name, index.unique, tuple(terms), predicate or "")


def _index_names(schema: PortedSchema) -> Iterator[tuple[str, str]]:
    """The indexes that the port gives another name, by their old one."""
    for definition in schema.of_kind("index"):
        written = read_create_index(definition.original, tokenize(definition.original))
        if written is not None:
            yield folded(written.name.text), definition.name


def _triggers(triggers: Iterable[Trigger], known: Sequence[TriggerShape]) -> Iterator[TriggerShape]:
    for trigger in triggers:
        written = read_create_trigger(trigger.sql, tokenize(trigger.sql))
        if trigger.dropped or written is None:
            continue
        name = kept(trigger.name)
        columns = sorted(kept(column.text) for column in written.columns)
        listed = f" OF {', '.join(columns)}" if columns else ""
        body = next((each.body for each in known if each.name == name), trigger.sql)
        yield TriggerShape(name, f"{written.timing} {written.event}{listed}", body)


def _view(view: Table, reference: TableShape | None) -> TableShape:
    """SQLite gives a view's columns names, and types of little meaning: the reference's are taken."""
    columns = []
    for column in view.columns:
        other = reference.column(kept(column.name)) if reference else None
        columns.append(other or ColumnShape(kept(column.name), ""))
    known = reference.triggers if reference else ()
    definition = reference.definition if reference else view.sql
    triggers = tuple(sorted(_triggers(view.triggers, known)))
    return TableShape(kept(view.name), tuple(columns), triggers=triggers, definition=definition)
