"""A whole SQLite schema as PostgreSQL definitions in an order that works: every text is a port by the rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.catalog import Catalog
from sqlport.catalog.helpers import definitions as helpers
from sqlport.catalog.names import folded, kept, quote
from sqlport.catalog.types import icu_nocase, postgres_type
from sqlport.model import Finding
from sqlport.schema._keys import ForeignKeys, without
from sqlport.schema._names import Names
from sqlport.schema.fulltext import FullText, full_text
from sqlport.sql import Token, split
from sqlport.sql.ddl import read_create_index, read_create_table, unquoted
from sqlport.sql.tokens import LexError, tokenize

if TYPE_CHECKING:
    from sqlport.catalog import Table
    from sqlport.model import StatementPort, Target
    from sqlport.rulebook import Rulebook
    from sqlport.schema.observed import ObservedType
    from sqlport.schema.source import Source

Kind = OneOf[
    "extension",
    "collation",
    "helper",
    "table",
    "key",
    "index",
    "foreign key",
    "view",
    "function",
    "trigger",
    "sequence",
]
"""What a definition makes; a `helper` is a function that ported expressions call, a `function` that of a trigger."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One PostgreSQL statement of the schema (without semicolon).

    `name` is what it makes as PostgreSQL keeps the name, `of` the SQLite table or view that it belongs to;
    `findings` are those of the port of the SQLite text `original`.
    """

    kind: Kind
    name: str
    of: str
    sql: str
    original: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class NotPorted:
    """What of the SQLite schema is not in the port, and why; `columns` those of a foreign key or the like."""

    kind: str
    of: str
    name: str
    reason: str
    original: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortedSchema:
    """The definitions in the order in which they are run, and what is not among them.

    `target` has the types that the values ask for (`observed`) among its own.
    """

    catalog: Catalog
    target: Target
    definitions: tuple[Definition, ...]
    not_ported: tuple[NotPorted, ...] = ()
    observed: Mapping[str, ObservedType] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> list[Definition]:
        """The definitions of these kinds, in order."""
        return [each for each in self.definitions if each.kind in kinds]


@dataclass(slots=True)
class _Making:
    port: Callable[[str], StatementPort]
    catalog: Catalog
    names: Names
    made: list[Definition] = field(default_factory=list)
    late: list[Definition] = field(default_factory=list)
    lost: list[NotPorted] = field(default_factory=list)


def port_schema(source: Source, target: Target, book: Rulebook) -> PortedSchema:
    """Port the schema. Nothing is left out in silence: see `PortedSchema.not_ported`."""
    from sqlport.porting import Request, port_statement

    catalog, observed = source.catalog, source.observed(target)
    target = replace(target, types={**{key: each.type for key, each in observed.items()}, **target.types})
    text = postgres_type("TEXT", target).sql
    found_texts = ((table.name, _full_text(table, catalog, text)) for table in catalog)
    texts = {folded(name): found for name, found in found_texts if found is not None}
    seen = Catalog({**catalog.tables, **{name: found.table for name, found in texts.items() if not found.reason}})
    request = Request(target, seen, book, lambda rule: True, unsafe=True)

    def port(sql: str) -> StatementPort:
        return port_statement(sql, (), request)

    making = _Making(port, catalog, Names(catalog))
    making.lost += [NotPorted("definition", "", problem.place, problem.reason) for problem in source.problems]
    tables = [table for table in catalog if table.kind == "table" and not table.temporary and table.sql]
    placed: set[str] = set()
    for table in in_key_order(tables):
        _table(making, table, placed)
        placed.add(folded(table.name))
    making.made += _text_definitions("table", texts)
    for table in tables:
        _indexes(making, table)
    making.made += _text_definitions("index", texts)
    making.made += making.late
    making.made += _text_definitions("view", texts)
    views = [table for table in catalog if table.kind == "view" and not table.temporary and table.sql]
    for view in _in_view_order(views):
        ported = port(view.sql)
        making.made.append(Definition("view", kept(view.name), view.name, ported.question, view.sql, ported.findings))
    external = {name for name, found in texts.items() if found.external}
    for owner in (*tables, *views):
        _triggers(making, owner, external)
    making.lost += _left_out(catalog, texts)
    own = [found.table for found in texts.values() if not found.external and not found.reason]
    making.made += sequences([*tables, *own], source.next_ids)
    helping = [Definition("helper", name, "", sql) for name, sql in helpers(target)]
    definitions = [*_extensions(making.made, target), *helping, *making.made]
    return PortedSchema(catalog, target, tuple(definitions), tuple(making.lost), observed)


def in_key_order(tables: Sequence[Table]) -> Iterator[Table]:
    """The tables, each behind those that its foreign keys refer to as far as there is no circle."""
    by_name = {folded(table.name): table for table in tables}
    done: set[str] = set()
    for start in tables:
        stack: list[tuple[Table, Iterator[str]]] = [(start, _parents(start))]
        under = {folded(start.name)}
        if folded(start.name) in done:
            continue
        while stack:
            table, parents = stack[-1]
            name = next((each for each in parents if each in by_name and each not in done and each not in under), None)
            if name is None:
                stack.pop()
                done.add(folded(table.name))
                yield table
            else:
                under.add(name)
                stack.append((by_name[name], _parents(by_name[name])))


def _parents(table: Table) -> Iterator[str]:
    return iter(sorted({folded(key.table) for key in table.foreign_keys}))


def _table(making: _Making, table: Table, placed: Iterable[str]) -> None:
    """The table; keys whose target comes later, or gets its unique index later, become ALTER TABLE."""
    keys = ForeignKeys(making.catalog, table, placed)
    original = table.sql
    written = read_create_table(original, _tokens(original))
    if written is not None:
        lost = [key for key in keys.moved(original, written) if key.reason]
        original = without(original, written, [key.span for key in lost])
        for key in lost:
            making.lost.append(NotPorted("foreign key", table.name, key.name, key.reason, key.clause, key.columns))
    ported = making.port(original)
    text = _lone(ported.question, original)
    written = read_create_table(text, _tokens(text))
    renamed: tuple[Finding, ...] = ()
    if written is not None:
        text, renamed = making.names.apart(text, written)
        written = read_create_table(text, _tokens(text)) if renamed else written
    if written is not None:
        late = list(keys.moved(text, written))
        text = without(text, written, [key.span for key in late])
        for key in late:
            making.late.append(Definition("foreign key", key.name, table.name, key.alter, table.sql))
    making.made.append(Definition("table", kept(table.name), table.name, text, table.sql, (*ported.findings, *renamed)))
    for piece in split(ported.question)[1:]:  # what stands for a constraint that PostgreSQL has no word for
        sql = piece.span.of(ported.question)
        index = read_create_index(sql, _tokens(sql))
        making.made.append(Definition("index", kept(index.name.text) if index else "", table.name, sql, table.sql))


def _indexes(making: _Making, table: Table) -> None:
    for index in table.indexes:
        if index.sql is None:
            continue  # a constraint of the table makes it
        ported = making.port(index.sql)
        written = read_create_index(ported.question, _tokens(ported.question))
        name = kept(written.name.text if written else index.name)
        making.made.append(Definition("index", name, table.name, ported.question, index.sql, ported.findings))


def _triggers(making: _Making, owner: Table, external: Set[str]) -> None:
    for trigger in owner.triggers:
        if trigger.dropped:
            continue
        text = next(iter(_words(trigger.sql) & external), "")
        if text:
            reason = f"it keeps the full text table {text}, which follows its table by itself in PostgreSQL"
            making.lost.append(NotPorted("trigger", owner.name, trigger.name, reason, trigger.sql))
            continue
        ported = making.port(trigger.sql)
        pieces = [piece.span.of(ported.question) for piece in split(ported.question)]
        if len(pieces) < 2:
            reasons = [finding.message for finding in ported.findings if not finding.applied]
            reason = reasons[0] if reasons else "it is no trigger that could be read"
            making.lost.append(NotPorted("trigger", owner.name, trigger.name, reason, trigger.sql))
            continue
        function = kept(f"{trigger.name}_fn")
        if any(each.kind == "function" and each.name == function for each in making.made):
            reason = (
                f"PostgreSQL keeps 63 bytes of the name of its function, {function} is there; give it a shorter name"
            )
            making.lost.append(NotPorted("trigger", owner.name, trigger.name, reason, trigger.sql))
            continue
        made = partial(Definition, of=owner.name, original=trigger.sql, findings=ported.findings)
        making.made.append(made("function", function, sql=pieces[0]))
        making.made.append(made("trigger", kept(trigger.name), sql=pieces[1]))


def _full_text(table: Table, catalog: Catalog, text: str) -> FullText | None:
    return full_text(table, catalog, text) if table.kind == "virtual" and not table.temporary else None


def _text_definitions(kind: Kind, texts: Mapping[str, FullText]) -> Iterator[Definition]:
    """The tables, the views or the indexes that full text tables become."""
    for name, found in texts.items():
        if found.reason or (kind != "index" and (kind == "view") != found.external):
            continue
        made = partial(Definition, kind, original=found.original)
        if kind == "index":
            yield made(found.index_name, found.indexed, found.index)
        else:
            yield made(kept(name), found.table.name, found.sql, findings=found.findings)


def _left_out(catalog: Catalog, texts: Mapping[str, FullText]) -> Iterator[NotPorted]:
    """Tables that have no definition in PostgreSQL."""
    for table in catalog:
        if table.kind == "virtual":
            text = texts.get(folded(table.name))
            if text is not None and not text.reason:
                continue
            reason = text.reason if text else "PostgreSQL has no virtual tables of SQLite's kind"
            if text is None and re.search(r"(?i)\busing\s+rtree", table.sql):
                reason += "; an rtree is a column of type box (or a PostGIS geometry) with a GiST index"
            yield NotPorted("virtual table", table.name, table.name, reason, table.sql)
        elif table.temporary:
            yield NotPorted(table.kind, table.name, table.name, "it is temporary: each connection makes it", table.sql)


def sequences(tables: Iterable[Table], next_ids: Mapping[str, int]) -> Iterator[Definition]:
    """`setval` for every identity column whose table has given out ids."""
    for table in tables:
        column, largest = table.rowid_column, next_ids.get(folded(table.name), 0)
        if column is not None and largest > 0:
            name = _string(quote(table.name)), _string(kept(column.name))
            sql = f"SELECT setval(pg_get_serial_sequence({name[0]}, {name[1]}), {largest})"
            yield Definition("sequence", f"{kept(table.name)}.{kept(column.name)}", table.name, sql)


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in_view_order(views: Sequence[Table]) -> Iterator[Table]:
    """The views, each behind those that it reads."""
    names = {folded(view.name) for view in views}
    uses = {folded(view.name): _words(view.sql) & names - {folded(view.name)} for view in views}
    waiting, done = list(views), set[str]()
    while waiting:
        ready = [view for view in waiting if uses[folded(view.name)] <= done] or waiting[:1]
        for view in ready:
            done.add(folded(view.name))
            yield view
        waiting = [view for view in waiting if folded(view.name) not in done]


def _words(sql: str) -> set[str]:
    return {folded(unquoted(token.text)) for token in _tokens(sql)}


def _extensions(made: Sequence[Definition], target: Target) -> Iterator[Definition]:
    if any("citext" in each.sql for each in made if each.kind in ("table", "view", "index")):
        yield Definition("extension", "citext", "", "CREATE EXTENSION IF NOT EXISTS citext")
    if icu_nocase(target):
        options = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
        yield Definition("collation", "nocase", "", f"CREATE COLLATION IF NOT EXISTS nocase ({options})")


def _lone(text: str, original: str) -> str:
    """The first statement: a table's port is one (the text is as SQLite keeps it)."""
    pieces = split(text)
    return pieces[0].span.of(text) if pieces else original


def _tokens(text: str) -> tuple[Token, ...]:
    try:
        return tokenize(text)
    except LexError:
        return ()
