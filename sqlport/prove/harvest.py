"""What the statements compare columns with: the values that make their conditions true, and those just beside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.catalog.names import folded, quoted
from sqlport.prove.decks import matching, matching_glob, neighbours
from sqlport.prove.uses import DATE_CALLS, JSON_CALLS, Key, Use, columns_in, use_of

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.model import Target
    from sqlport.prove.model import Value
    from sqlport.semantics import Semantics
    from sqlport.sql import Parsed

_EQUAL = (exp.EQ, exp.Is, exp.NullSafeEQ)


@dataclass(frozen=True, slots=True)
class Harvest:
    """`compared` and `stored` values by column; `joined` columns share values; `dated` and `json` tell the form.

    `exact` are the values that statements compare with, without their neighbours.
    """

    compared: Mapping[Key, tuple[Value, ...]] = field(default_factory=dict)
    exact: Mapping[Key, tuple[Value, ...]] = field(default_factory=dict)
    stored: Mapping[Key, tuple[Value, ...]] = field(default_factory=dict)
    joined: tuple[frozenset[Key], ...] = ()
    dated: frozenset[Key] = frozenset()
    json: frozenset[Key] = frozenset()


def harvest(read: Iterable[tuple[Parsed, Semantics]], catalog: Catalog, target: Target) -> Harvest:
    """The values of all statements together, and of the CHECK constraints."""
    compared: dict[Key, list[Value]] = {}
    exact: dict[Key, list[Value]] = {}
    stored: dict[Key, list[Value]] = {}
    pairs: list[tuple[Key, Key]] = []
    dated: set[Key] = set()
    documents: set[Key] = set()
    for parsed, semantics in (*read, *_checks(catalog, target)):
        for node, value in literals(parsed):
            use = use_of(node, semantics)
            into = stored if use.role == "stored" else compared
            for key in use.columns:
                into.setdefault(key, []).extend(_wanted(value, use))
                if use.role == "compared":
                    exact.setdefault(key, []).append(value)
        pairs.extend(_joins(parsed, semantics))
        for call in parsed.nodes(exp.Anonymous):
            name, arguments = str(call.this), list(call.expressions)
            if name in DATE_CALLS and "unixepoch" not in str(call).lower():
                dated.update(*(columns_in(each, semantics) for each in arguments if not isinstance(each, exp.Literal)))
            elif name in JSON_CALLS and arguments:
                documents.update(columns_in(arguments[0], semantics))
        for arrow in parsed.nodes(exp.JSONExtract, exp.JSONExtractScalar):
            documents.update(columns_in(arrow.this, semantics))
    pairs.extend(_references(catalog))
    return Harvest(
        {key: _distinct(values) for key, values in sorted(compared.items())},
        {key: _distinct(values) for key, values in sorted(exact.items())},
        {key: _distinct(values) for key, values in sorted(stored.items())},
        tuple(_classes(pairs)),
        frozenset(dated),
        frozenset(documents),
    )


def literals(parsed: Parsed) -> Iterator[tuple[exp.Expr, Value]]:
    """Every literal of a statement with its value; a minus before a number is part of it."""
    for node in parsed.nodes(exp.Literal):
        text = str(node.this)
        if node.is_string:
            yield node, text
            continue
        sign = -1 if isinstance(node.parent, exp.Neg) else 1
        try:
            yield node, sign * (int(text) if node.is_int else float(text))
        except ValueError:  # 0x10, 1_000: forms that few programs use
            continue
    for blob in parsed.nodes(exp.HexString):
        try:
            yield blob, bytes.fromhex(str(blob.this))
        except ValueError:
            continue


def _wanted(value: Value, use: Use) -> Iterator[Value]:
    if use.role == "pattern" and isinstance(value, str):
        yield from matching(value)
    elif use.role == "glob" and isinstance(value, str):
        yield from matching_glob(value)
    elif use.role == "part" and isinstance(value, str):
        plain = value.replace("%", "")
        yield from (plain, f"x{plain}y", plain.swapcase())
    elif use.role == "path" and isinstance(value, str):
        yield from _documents(value)
    elif use.role in ("compared", "stored", "date"):
        yield from neighbours(value)


def _documents(path: str) -> Iterator[str]:
    """JSON texts that have something at the path."""
    names = [part.strip("\"'") for part in path.removeprefix("$").split(".") if part.strip("\"'")]
    names = [name.split("[")[0] for name in names]
    for leaf in (1, "text", 2.5, True, None, [1, 2], {"k": "v"}):
        document: object = leaf
        for name in reversed(names):
            document = {name: document} if name else [document]
        yield json.dumps(document, separators=(",", ":"))


def _joins(parsed: Parsed, semantics: Semantics) -> Iterator[tuple[Key, Key]]:
    """The pairs of columns that a statement wants equal."""
    for node in parsed.nodes(*_EQUAL):
        if isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column):
            for one in columns_in(node.this, semantics):
                for other in columns_in(node.expression, semantics):
                    yield one, other
    for choice in parsed.nodes(exp.In):
        query = choice.args.get("query")
        if isinstance(choice.this, exp.Column) and query is not None:
            inner = query.this if isinstance(query, exp.Subquery) else query
            for one in columns_in(choice.this, semantics):
                for other in columns_in(inner, semantics)[:1]:
                    yield one, other


def _references(catalog: Catalog) -> Iterator[tuple[Key, Key]]:
    """Every foreign key column with the column that it refers to."""
    for table in catalog:
        for foreign in table.foreign_keys:
            for own, other in zip(foreign.columns, foreign.references, strict=False):
                yield (folded(table.name), folded(own)), (folded(foreign.table), folded(other))


def _classes(pairs: Iterable[tuple[Key, Key]]) -> list[frozenset[Key]]:
    """The columns that are connected by pairs."""
    classes: list[set[Key]] = []
    for one, other in pairs:
        touched = [each for each in classes if one in each or other in each]
        merged = {one, other}.union(*touched)
        classes = [each for each in classes if each not in touched] + [merged]
    return [frozenset(each) for each in classes]


def _checks(catalog: Catalog, target: Target) -> Iterator[tuple[Parsed, Semantics]]:
    from sqlport.semantics import Semantics
    from sqlport.sql import read

    for table in catalog:
        for check in table.checks:
            parsed = read(f"SELECT 1 FROM {quoted(table.name)} WHERE ({check})")
            if parsed.problem is None:
                yield parsed, Semantics(parsed, catalog, target)


def _distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    """Each value once (1 and 1.0 are two), in an order that does not depend on the statements' order."""
    found = {(type(value).__name__, repr(value)): value for value in values}
    return tuple(found[each] for each in sorted(found))
