"""Parameters to run a statement with: values that hit rows, that miss them, that collide with keys, and NULL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sqlport.prove.decks import DECKS
from sqlport.prove.universe import fresh

if TYPE_CHECKING:
    from sqlport.prove.model import Field, Model, Value
    from sqlport.prove.pairs import Pair, Parameter
    from sqlport.prove.universe import Row, Universe

Values = tuple["Value", ...]

_HITS = 2
_ODD_PATTERNS = ("a\\b", "A_b", "%É%")


def bindings(pair: Pair, universe: Universe, seed: int) -> Iterator[Values]:
    """The parameters of each run, the most promising first; one empty tuple where there are none."""
    if not pair.parameters:
        yield ()
        return
    seen: set[str] = set()
    for values in _all(pair, universe, seed):
        key = repr(values)
        if key not in seen:
            seen.add(key)
            yield values


def _all(pair: Pair, universe: Universe, seed: int) -> Iterator[Values]:
    stores = any(parameter.use.role == "stored" for parameter in pair.parameters)
    wanted = frozenset(key[0] for parameter in pair.parameters for key in parameter.use.columns)
    for turn in range(_HITS):
        rows = universe.chosen(wanted, seed + turn)
        if stores:
            yield _stored(pair, universe, rows, 0, turn)
            if turn == 0:
                yield _stored(pair, universe, rows, -1, turn)  # collides with every key of the row
                yield _stored(pair, universe, rows, 1, turn)  # with the first one only
        else:
            yield tuple(_hit(parameter, universe, rows, turn) for parameter in pair.parameters)
    if any(parameter.use.role == "pattern" for parameter in pair.parameters):
        for pattern in _ODD_PATTERNS:
            rows = universe.chosen(wanted, seed)
            yield tuple(
                pattern if parameter.use.role == "pattern" else _hit(parameter, universe, rows, 0)
                for parameter in pair.parameters
            )
    if not stores:
        rows = universe.chosen(wanted, seed + _HITS)
        yield tuple(_miss(parameter, universe, rows) for parameter in pair.parameters)
    rows = universe.chosen(wanted, seed)
    yield tuple(_null(parameter, universe, rows) for parameter in pair.parameters)


def _cell(parameter: Parameter, universe: Universe, rows: Mapping[str, Row]) -> tuple[Field | None, Value]:
    """The field that a parameter meets first, and what the chosen row has there."""
    for table, column in parameter.use.columns:
        model = universe.model(table)
        place = model.place(column) if model is not None else None
        if model is not None and place is not None:
            row = rows.get(table)
            return model.fields[place], row[place] if row is not None else None
    return None, None


def _hit(parameter: Parameter, universe: Universe, rows: Mapping[str, Row], turn: int) -> Value:
    field, value = _cell(parameter, universe, rows)
    role = parameter.use.role
    if role == "limit":
        return (2, 5, 1)[turn % 3]
    if role == "date":
        return DECKS["datetime"][1 + turn]
    if role == "modifier":
        return ("+1 day", "-1 month", "start of month")[turn % 3]
    if role == "path":
        return ("$.a", "$.name", "$.a.b")[turn % 3]
    if role == "number":
        return (1, 2, -1)[turn % 3]
    if role == "document":
        return ('{"a": 1, "name": "x"}', '{"a": {"b": "text"}, "t": [1, 2]}', "{}")[turn % 3]
    if role == "list":
        known = [value] if isinstance(value, int | float | str) else []
        others = ("a", "é") if isinstance(value, str) or field is None or field.sort == "text" else (1, 3)
        return json.dumps([*known, *(others if turn == 0 else ())])
    if role in ("pattern", "glob", "part"):
        return _pattern(str(value) if value is not None else "a", role, turn)
    if field is None:
        return _of_type(parameter.type, turn)
    return _typed(value, parameter, field)


def _pattern(text: str, role: str, turn: int) -> str:
    if role == "part":
        return (text, text[1:3], text.swapcase())[turn % 3]
    wild, single = ("*", "?") if role == "glob" else ("%", "_")
    return (f"{wild}{text[:3].swapcase()}{wild}", text[:1] + wild, single + text[1:])[turn % 3]


def _typed(value: Value, parameter: Parameter, field: Field) -> Value:
    """A cell as the call is known to pass it."""
    if value is None:
        value = fresh(field, 77)
    kind = parameter.type
    if kind == "str" and isinstance(value, int | float):
        return str(value)
    if kind == "float" and isinstance(value, int) and abs(value) < 2**53:
        return value + 0.5 if field.sort == "integer" and not field.identity else float(value)
    if kind == "bool" and isinstance(value, int):
        return bool(value)
    if kind == "int" and isinstance(value, str) and field.sort == "text":
        return int(value) if value.isascii() and value.lstrip("-").isdigit() else 10
    if kind == "bytes" and isinstance(value, str) and field.sort == "text":
        return value.encode("utf-8", "surrogatepass")
    return value


def _of_type(name: str | None, turn: int) -> Value:
    known: Mapping[str, tuple[Value, ...]] = {
        "int": (1, 2, 0),
        "float": (1.5, 2.0, -0.5),
        "bool": (True, False, True),
        "bytes": (b"abc", b"", b"\x00"),
        "None": (None, None, None),
        "datetime": DECKS["datetime"][1:4],
        "date": DECKS["date"][1:4],
    }
    return known.get(name or "", ("1", "a", ""))[turn % 3]


def _miss(parameter: Parameter, universe: Universe, rows: Mapping[str, Row]) -> Value:
    """A value that no row has, for texts one that only differs in case."""
    role = parameter.use.role
    if role in ("limit", "date", "modifier", "path", "number", "document", "list"):
        return _hit(parameter, universe, {}, 1)
    field, value = _cell(parameter, universe, rows)
    if field is not None and field.sort == "text" and isinstance(value, str) and value != value.swapcase():
        return value.swapcase()
    return fresh(field, 987_654, "zz") if field is not None else _of_type(parameter.type, 1)


def _null(parameter: Parameter, universe: Universe, rows: Mapping[str, Row]) -> Value:
    """NULL where it is a question to ask.

    It is none in primary keys, where SQLite lets it in (the rule DDL012 says so), nor for a number that SQLite
    would give itself, unless the call is known to pass None.
    """
    if parameter.use.role == "limit":
        return 2
    field, _ = _cell(parameter, universe, rows)
    if field is None or parameter.use.role != "stored":
        return None
    numbered = field.identity and parameter.type != "None"
    return fresh(field, 90_000) if field.lenient or numbered else None


def _stored(pair: Pair, universe: Universe, rows: Mapping[str, Row], colliding: int, turn: int) -> Values:
    """Values for an INSERT: those of a row but for its keys, of which the first `colliding` (-1: all) stay."""
    values: list[Value] = []
    for number, parameter in enumerate(pair.parameters):
        if parameter.use.role != "stored":
            values.append(_hit(parameter, universe, rows, turn))
            continue
        table, column = parameter.use.columns[0]
        model = universe.model(table)
        place = model.place(column) if model is not None else None
        if model is None or place is None:
            values.append(_of_type(parameter.type, turn))
            continue
        row = _row_for(model, universe, rows, parameter.use.row)
        value = row[place] if row is not None else fresh(model.fields[place], 5)
        keys = [key for index, key in enumerate(model.keys) if colliding >= 0 and index >= colliding]
        if any(key == (place,) for key in keys) and place in _referring(model):
            value = _free_parent(model, universe, place)
        elif any(place in key for key in keys) and place not in _referring(model):
            value = fresh(model.fields[place], 5_000 + 100 * turn + 10 * parameter.use.row + number, value)
        values.append(_typed(value, parameter, model.fields[place]) if value is not None else None)
    return tuple(values)


def _row_for(model: Model, universe: Universe, rows: Mapping[str, Row], number: int) -> Row | None:
    """The template of the tuple of that number."""
    found = universe.rows.get(model.key, ())
    if number == 0 or not found:
        return rows.get(model.key)
    return found[(number * 5) % len(found)]


def _referring(model: Model) -> frozenset[int]:
    return frozenset(place for reference in model.references for place in reference.own)


def _free_parent(model: Model, universe: Universe, place: int) -> Value:
    """A value that a field which is both key and reference can take: a parent's that no row has."""
    taken = {row[place] for row in universe.rows.get(model.key, ())}
    for reference in model.references:
        if reference.own == (place,):
            values = [row[reference.other[0]] for row in universe.rows.get(reference.parent, ())]
            return next((value for value in values if value not in taken), None)
    return None
