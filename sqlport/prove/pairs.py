"""A statement and its port made runnable: holes filled, parameters numbered alike for both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.catalog.names import folded, quote, quoted
from sqlport.model import Edit, Hole, HoleKind
from sqlport.prove.uses import Use, target_columns, use_of
from sqlport.prove.volatile import Volatility, volatility

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Table
    from sqlport.model import Statement, Target
    from sqlport.semantics import Semantics
    from sqlport.sql import Parsed

_QUERIES = frozenset(["SELECT", "VALUES", "WITH"])
_WRITES = frozenset(["INSERT", "REPLACE", "UPDATE", "DELETE"])
_LISTED = 3  # parameters for a hole that is a list of them
_NAMES = (HoleKind.COLUMNS, HoleKind.IDENTIFIER)
_TABLE_NEXT = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|EXISTS)\s+[\"`\[]?$", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\s*\(\s*$", re.IGNORECASE)
_NOW = re.compile(r"CURRENT_|'now'", re.IGNORECASE)
_NO_ACTION = ("NO ACTION", "RESTRICT", "")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the statement is run with: what for, and the Python type that the call is known to pass."""

    use: Use
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that should answer alike.

    `original` is SQLite's with `?1`..., `port` PostgreSQL's with `$1`..., numbered alike; PostgreSQL gets the
    first `passed` parameters. `tables` are those that a write may change, `numbered` those whose new
    rows get a number from the engine. `stand_ins` tell what stands for holes.
    """

    id: str
    original: str
    port: str
    kind: OneOf["query", "write"]
    parsed: Parsed
    parameters: tuple[Parameter, ...]
    passed: int
    tables: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    volatile: Volatility = field(default_factory=Volatility)
    stand_ins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a statement cannot be run on both engines; the reason begins with a word for programs."""

    reason: str


def pair_of(
    statement: Statement,
    question: str,
    question_parameters: Sequence[int | str],
    question_holes: Sequence[Hole],
    catalog: Catalog,
    target: Target,
) -> tuple[Pair, Semantics] | Refused:
    """The pair of a statement and its port (PostgreSQL text with `$n`), and what is known of the original."""
    from sqlport.semantics import Semantics
    from sqlport.sql import apply, read

    refused = _unfit(statement)
    if refused:
        return Refused(refused)
    given = read(statement.sql, statement.holes)
    if given.problem is not None:
        return Refused(f"invalid-sql: {given.problem.message}")
    column = _any_column(given, catalog) if statement.holes or question_holes else ""
    unknown = [hole for hole in statement.holes if not _has_stand_in(hole, given, column)]
    if unknown:
        return Refused(f"hole: the text of {{{unknown[0].name}}} ({unknown[0].kind.value}) is not known")
    keys: list[int | str | tuple[str, int]] = list(question_parameters)
    filled = _fill(given, question_holes, keys, catalog)
    passed = len(keys)
    port = apply(question, [Edit(h.start, h.end, _text(h, filled, "$", quote(column))) for h in question_holes])
    filled = {**filled, **_fill(given, [h for h in given.holes if h.name not in filled], keys, catalog)}
    for placeholder in given.placeholders:
        if placeholder.key not in keys:
            keys.append(placeholder.key)
    edits = [Edit(p.span.start, p.span.end, f"?{keys.index(p.key) + 1}") for p in given.placeholders]
    edits += [Edit(h.start, h.end, _text(h, filled, "?", quote(column))) for h in given.holes]
    original = apply(statement.sql, sorted(edits, key=lambda edit: edit.start))
    parsed = read(original) if original != statement.sql else given
    shown = _shown(parsed, port, catalog)
    if isinstance(shown, Refused):
        return shown
    if shown[0] != original:
        original, port = shown
        parsed = read(original)
    if parsed.problem is not None:
        return Refused(f"hole: the statement cannot be read with stand-ins for its holes: {parsed.problem.message}")
    volatile = volatility(parsed)
    if volatile.reason:
        return Refused(volatile.reason)
    semantics = Semantics(parsed, catalog, target)
    types = statement.arguments.types
    known = [types.get(key) if isinstance(key, int | str) else None for key in keys]
    uses = _uses(parsed, semantics)
    parameters = tuple(Parameter(uses.get(place, Use()), known[place]) for place in range(len(keys)))
    pair = Pair(
        id=statement.id,
        original=original,
        port=port,
        kind="query" if _is_query(parsed) else "write",
        parsed=parsed,
        parameters=parameters,
        passed=passed,
        volatile=volatile,
        stand_ins=tuple(_said(hole, filled, column) for hole in given.holes),
    )
    return _finished(pair, catalog), semantics


def _unfit(statement: Statement) -> str:
    if statement.dialect == "postgres":
        return "postgres: the statement is PostgreSQL's already, there is nothing to compare it with"
    if statement.branch:
        return "postgres: the program does not run the statement on PostgreSQL"
    return ""


def _has_stand_in(hole: Hole, given: Parsed, column: str) -> bool:
    if hole.kind in (HoleKind.VALUE, HoleKind.PLACEHOLDERS, HoleKind.ORDER, HoleKind.INSIDE_STRING):
        return True
    if hole.kind in _NAMES:
        return bool(column) and not _TABLE_NEXT.search(given.text[: hole.start])
    return hole.kind is HoleKind.CLAUSE and hole.name in given.blanked


def _any_column(given: Parsed, catalog: Catalog) -> str:
    """A column that the statement may name, for a hole where a column is meant; a text if there is one."""
    from sqlport.semantics import tables_named

    for table in tables_named(given, catalog).values():
        columns = [column for column in table.columns if not column.hidden] if table is not None else []
        texts = [column for column in columns if column.affinity == "TEXT"]
        if columns:
            return (texts or columns)[0].name
    return ""


def _fill(
    given: Parsed, holes: Sequence[Hole], keys: list[int | str | tuple[str, int]], catalog: Catalog
) -> Mapping[str, tuple[int, ...]]:
    """The numbers of the parameters that stand for each hole (none: it is left out); `keys` grows by them."""
    filled: dict[str, tuple[int, ...]] = {}
    places = {hole.name: hole for hole in given.holes}
    for hole in holes:
        if hole.name in filled:
            continue
        count = 0
        if hole.kind is HoleKind.VALUE:
            count = 1
        elif hole.kind is HoleKind.PLACEHOLDERS:
            count = _LISTED
            if hole.name in places and _VALUES.search(given.text[: places[hole.name].start]):
                count = _width(given, catalog) or _LISTED
        numbers = range(len(keys) + 1, len(keys) + count + 1)
        keys.extend((hole.name, number) for number in numbers)
        filled[hole.name] = tuple(numbers)
    return filled


def _width(given: Parsed, catalog: Catalog) -> int:
    """How many columns an INSERT fills."""
    insert = next(given.nodes(exp.Insert), None)
    table = _target(given, catalog)
    return len(target_columns(insert, table)) if insert is not None and table is not None else 0


def _text(hole: Hole, filled: Mapping[str, tuple[int, ...]], mark: str, column: str) -> str:
    if hole.kind is HoleKind.INSIDE_STRING:
        return "a"
    if hole.kind in _NAMES:
        return column
    return ", ".join(f"{mark}{number}" for number in filled.get(hole.name, ()))


def _said(hole: Hole, filled: Mapping[str, tuple[int, ...]], column: str) -> str:
    if hole.kind is HoleKind.INSIDE_STRING:
        return f"'a' for {{{hole.name}}}"
    if hole.kind in _NAMES:
        return f"{column} for {{{hole.name}}}"
    count = len(filled.get(hole.name, ()))
    return f"{'a value' if count == 1 else f'{count} values' if count else 'nothing'} for {{{hole.name}}}"


def _shown(parsed: Parsed, port: str, catalog: Catalog) -> tuple[str, str] | Refused:
    """The texts to run: themselves, or for a definition all rows of the table that it makes."""
    first = parsed.kind.split()[0] if parsed.kind else ""
    if first in _QUERIES or first in _WRITES or (first == "PRAGMA" and port.lstrip().upper().startswith("SELECT")):
        return parsed.text, port
    if parsed.kind in ("CREATE TABLE", "CREATE VIEW") and parsed.tree is not None:
        named = parsed.tree.find(exp.Table)
        table = catalog.table(named.name) if named is not None else None
        if table is not None and not table.temporary:
            name = quoted(table.name)
            return f"SELECT * FROM {name}", f"SELECT * FROM {quote(table.name)}"
    if first in ("CREATE", "ALTER", "DROP"):
        return Refused("definition: no rows come of it, the tables that it makes are used for all others")
    return Refused(f"no-rows: {first or 'an empty statement'} returns and changes no rows")


def _is_query(parsed: Parsed) -> bool:
    first = parsed.kind.split()[0]
    return first in _QUERIES or first == "PRAGMA"


def _uses(parsed: Parsed, semantics: Semantics) -> Mapping[int, Use]:
    """What each parameter is for: of several places the one that tells most."""
    at = {placeholder.span.start: placeholder.key for placeholder in parsed.placeholders}
    found: dict[int, Use] = {}
    for node in parsed.nodes(exp.Placeholder):
        key = at.get(parsed.span(node).start)
        if isinstance(key, int):
            use = use_of(node, semantics)
            known = found.get(key)
            if known is None or (use.columns and not known.columns) or (use.role == "stored" != known.role):
                found[key] = use
    return found


def _finished(pair: Pair, catalog: Catalog) -> Pair:
    """With the tables that a write may change, and what its answer depends on beside the rows."""
    table = _target(pair.parsed, catalog)
    if pair.kind == "query" or table is None:
        return pair
    volatile = pair.volatile
    insert = next(pair.parsed.nodes(exp.Insert), None)
    numbered: tuple[str, ...] = ()
    if insert is not None:
        filled = {folded(name) for name in target_columns(insert, table)}
        if any(column.default and _NOW.search(column.default) for column in table.columns):
            volatile = replace(volatile, clock=True)
        identity = table.rowid_column
        if identity is not None and (folded(identity.name) not in filled or _may_be_null(insert, identity.name)):
            numbered = (folded(table.name),)
    tables = tuple(_changed(table, catalog))
    if any(not trigger.dropped for trigger in table.triggers):
        numbered = tables
    return replace(pair, volatile=volatile, tables=tables, numbered=numbered)


def _may_be_null(insert: exp.Insert, column: str) -> bool:
    """Whether the INSERT may give NULL for the column (it names none, or a parameter or NULL is there)."""
    values = insert.expression
    if not isinstance(values, exp.Values) or not isinstance(insert.this, exp.Schema):
        return True
    names = [folded(each.name) for each in insert.this.expressions]
    place = names.index(folded(column))
    rows = [row for row in values.expressions if isinstance(row, exp.Tuple)]
    given = [row.expressions[place] for row in rows if place < len(row.expressions)]
    return any(isinstance(each, exp.Null | exp.Placeholder) for each in given)


def _target(parsed: Parsed, catalog: Catalog) -> Table | None:
    """The table that a write names first."""
    for node in parsed.nodes(exp.Insert, exp.Update, exp.Delete):
        named = node.this.this if isinstance(node.this, exp.Schema) else node.this
        if isinstance(named, exp.Table):
            return catalog.table(named.name)
    return None


def _changed(table: Table, catalog: Catalog) -> Iterator[str]:
    """The table and those whose rows follow its rows by ON DELETE and ON UPDATE; all, where a trigger may fire."""
    if any(not trigger.dropped for trigger in table.triggers):
        yield from (folded(other.name) for other in catalog if other.kind == "table")
        return
    names = [folded(table.name)]
    for name in names:
        yield name
        for other in catalog:
            follows = any(
                folded(foreign.table) == name
                and (foreign.on_delete not in _NO_ACTION or foreign.on_update not in _NO_ACTION)
                for foreign in other.foreign_keys
            )
            if follows and folded(other.name) not in names:
                names.append(folded(other.name))
