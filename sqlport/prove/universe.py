"""One small database that serves all statements of a schema: every value of every deck is dealt at least once."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.prove.decks import DECKS, fitting, is_tame, neighbours

if TYPE_CHECKING:
    from sqlport.prove.harvest import Harvest
    from sqlport.prove.model import Field, Model, Value

Row = tuple["Value", ...]
Rows = Mapping[str, tuple[Row, ...]]
"""Rows by the key of their table, values in the order of its fields."""

_FEWEST, _MOST = 10, 160
_REPEATED = 4  # rows that repeat earlier ones but for their keys: ties, groups, duplicates
_ATTEMPTS = 24
_FAILED = re.compile(r"(?P<kind>UNIQUE|NOT NULL|CHECK) constraint failed: (?P<what>.*)")
_NULLS = 7  # a nullable reference is NULL in one row of so many


@dataclass(frozen=True, slots=True)
class Universe:
    """The tables in the order in which they are filled, and their rows."""

    models: tuple[Model, ...]
    rows: Rows
    _by_key: Mapping[str, Model] = field(init=False, repr=False, compare=False)
    _last: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)
    _chosen: dict[tuple[frozenset[str], int], Mapping[str, Row]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {model.key: model for model in self.models})

    def model(self, key: str) -> Model | None:
        """The table of that key."""
        return self._by_key.get(key)

    def last_id(self, key: str) -> int:
        """The largest number that a row of the table has (0 without rows)."""
        if key not in self._last:
            model = self._by_key.get(key)
            place = model.identity if model is not None else None
            numbers = [row[place] for row in self.rows.get(key, ())] if place is not None else []
            self._last[key] = max((number for number in numbers if isinstance(number, int)), default=0)
        return self._last[key]

    def chosen(self, keys: frozenset[str], turn: int) -> Mapping[str, Row]:
        """A row of each of these tables, of those with few NULLs; with a row come the rows that it refers to."""
        found = self._chosen.get((keys, turn))
        if found is None:
            found = self._chosen[keys, turn] = dict(self._choose(keys, turn))
        return found

    def _choose(self, keys: frozenset[str], turn: int) -> Mapping[str, Row]:
        chosen: dict[str, Row] = {}
        for model in reversed(self.models):
            rows = self.rows.get(model.key, ())
            if not rows or (model.key not in keys and model.key not in chosen):
                continue
            if model.key not in chosen:
                full = sorted(rows, key=lambda row: sum(value is None for value in row))
                chosen[model.key] = full[(turn * 7) % max(1, len(full) * 2 // 3)]
            row = chosen[model.key]
            for reference in model.references:
                values = [row[place] for place in reference.own]
                parents = self.rows.get(reference.parent, ())
                parent = next((each for each in parents if [each[p] for p in reference.other] == values), None)
                if parent is not None:
                    chosen.setdefault(reference.parent, parent)
        return chosen


def deal(
    sqlite: sqlite3.Connection,
    models: Sequence[Model],
    found: Harvest,
    seed: int,
    *,
    tame: bool = False,
    store: bool = True,
) -> Universe:
    """Rows for all tables, put into the (empty) tables of `sqlite`, which tells what constraints say.

    `tame` leaves out values whose products pass 64 bits, `store` takes in the values that statements insert;
    else keys keep clear of them, so that an INSERT finds its place.
    """
    chance = random.Random(seed)  # noqa: S311 - rows that anybody can have again
    dealer = _Dealer(sqlite, {model.key: model for model in models}, found, chance, tame, store)
    for model in models:
        dealer.fill(model)
    return Universe(tuple(models), dealer.rows)


class _Dealer:
    """What is dealt so far."""

    def __init__(
        self,
        sqlite: sqlite3.Connection,
        models: Mapping[str, Model],
        found: Harvest,
        chance: random.Random,
        tame: bool,
        store: bool,
    ) -> None:
        self._sqlite, self._models, self._found = sqlite, models, found
        self._chance, self._tame, self._store = chance, tame, store
        self._fresh = 1000
        self.rows: dict[str, tuple[Row, ...]] = {}

    def fill(self, model: Model) -> None:
        """Deal the rows of one table; what a constraint refuses is changed, and left out when nothing helps."""
        pools = [self._pool(model, field) for field in model.fields]
        referring = {place for reference in model.references for place in reference.own}
        longest = max((len(pool) for place, pool in enumerate(pools) if place not in referring), default=0)
        parents = max((len(self.rows.get(each.parent, ())) for each in model.references), default=0)
        size = min(max(_FEWEST, longest, min(parents, 40) + _REPEATED), _MOST)
        kept: list[Row] = []
        for number in range(size + _REPEATED):
            if number < size:
                values = [pool[number % len(pool)] for pool in pools]
            else:
                values = list(kept[number % len(kept)]) if kept else [pool[0] for pool in pools]
            row = self._place(model, values, pools, kept, number)
            if row is not None:
                kept.append(row)
        identity = model.identity
        if identity is not None:  # both engines then have them in one physical order
            kept.sort(key=lambda row: (row[identity] is None, row[identity]))
        self.rows[model.key] = tuple(kept)

    def _pool(self, model: Model, field: Field) -> list[Value]:
        """The values of a column, shuffled; identities count from one, with those that statements name."""
        key = (model.key, field.name.lower())
        keys = next((each for each in self._found.joined if key in each), frozenset([key]))
        named = [value for each in sorted(keys | {key}) for value in self._found.compared.get(each, ())]
        stored = self._found.stored.get(key, ())
        taken: set[Value] = set()
        if self._store:
            named.extend(other for value in stored for other in neighbours(value))
        elif any(model.fields[place] is field for each in model.keys for place in each):
            taken = set(fitting(stored, field.sort))
        values: list[Value]
        if field.identity:
            first = (number for number in count(1) if number not in taken)
            known = [value for value in fitting(named, "integer") if isinstance(value, int) and 0 < value < 2**53]
            values = [*islice(first, _FEWEST), *known]
        else:
            values = [*DECKS[field.sort], *fitting(named, field.sort)]
        if field.not_null:
            values = [value for value in values if value is not None]
        if self._tame:
            values = [value for value in values if is_tame(value)]
        values = [value for value in values if value not in taken] or [fresh(field, n) for n in range(7, 7 + _FEWEST)]
        distinct = {(type(value).__name__, repr(value)): value for value in values}
        wanted = {(type(value).__name__, repr(value)) for value in fitting(self._found.exact.get(key, ()), field.sort)}
        # What statements ask for is there twice: a subquery that returns one row may return several.
        ordered = [*distinct.values(), *(value for name, value in distinct.items() if name in wanted)]
        self._chance.shuffle(ordered)
        return ordered

    def _place(
        self, model: Model, values: list[Value], pools: list[list[Value]], kept: list[Row], number: int
    ) -> Row | None:
        """Insert the row, changed until its constraints hold; None where they cannot be made to."""
        if not self._refer(model, values, kept, number):
            return None
        referring = {place for reference in model.references for place in reference.own}
        names = ", ".join(quoted(field.name) for field in model.fields)
        marks = ", ".join("?" * len(model.fields))
        sql = f"INSERT INTO {quoted(model.name)} ({names}) VALUES ({marks})"
        for attempt in range(_ATTEMPTS):
            try:
                self._sqlite.execute(sql, values)
            except sqlite3.IntegrityError as error:
                if not self._mend(model, values, pools, referring, str(error), attempt, kept, number):
                    return None
            except (sqlite3.Error, OverflowError):
                return None
            else:
                return tuple(values)
        return None

    def _mend(
        self,
        model: Model,
        values: list[Value],
        pools: list[list[Value]],
        referring: set[int],
        message: str,
        attempt: int,
        kept: list[Row],
        number: int,
    ) -> bool:
        """Change what SQLite complains of; False where it cannot be told."""
        failed = _FAILED.match(message)
        if failed is None:
            return False
        named = [model.place(part.rpartition(".")[2].strip()) for part in failed["what"].split(",")]
        places = [place for place in named if place is not None]
        if failed["kind"] == "CHECK" or not places:
            text = failed["what"] + " " + " ".join(model.checks)
            places = [p for p, f in enumerate(model.fields) if f.name in text] or list(range(len(model.fields)))
            for place in places:
                if place not in referring and not model.fields[place].identity:
                    values[place] = self._chance.choice(pools[place])
            return True
        free = [place for place in places if place not in referring]
        if not free:
            return self._refer(model, values, kept, number + attempt + 1)
        place = free[attempt % len(free)]
        self._fresh += 1
        values[place] = fresh(model.fields[place], self._fresh, values[place])
        return True

    def _refer(self, model: Model, values: list[Value], kept: list[Row], number: int) -> bool:
        """Point the references at rows that are there: the first parent gets no child, others several."""
        for reference in model.references:
            own = reference.parent == model.key
            parents = kept if own else self.rows.get(reference.parent, ())
            parents = [row for row in parents if all(row[place] is not None for place in reference.other)]
            nullable = not any(model.fields[place].not_null for place in reference.own)
            if nullable and (not parents or number % _NULLS == _NULLS - 1):
                for place in reference.own:
                    values[place] = None
            elif parents:
                row = parents[(1 + number % max(1, len(parents) - 1)) % len(parents)]
                for place, other in zip(reference.own, reference.other, strict=True):
                    values[place] = row[other]
            elif own:
                for place, other in zip(reference.own, reference.other, strict=True):
                    values[place] = values[other]
            elif reference.parent in self._models:
                return False  # the first of a cycle
        return True


def fresh(field: Field, number: int, like: Value = None) -> Value:
    """A value that no row has: `number` differs from call to call."""
    if field.sort in ("integer", "flag"):
        return number
    if field.sort in ("real", "numeric"):
        return number + 0.5
    if field.sort == "blob":
        return b"%d" % number
    if field.sort == "date":
        return f"{1900 + number % 90}-{1 + number % 12:02}-{1 + number % 28:02}"
    if field.sort == "datetime":
        return f"{1900 + number % 90}-{1 + number % 12:02}-{1 + number % 28:02} 10:{number % 60:02}:00"
    if field.sort == "time":
        return f"{number % 24:02}:{number // 24 % 60:02}:07"
    if field.sort == "json":
        return f'{{"a": {number}}}'
    if field.sort == "uuid":
        return f"00000000-0000-4000-8000-{number:012d}"
    return f"{like if isinstance(like, str) else 'n'}{number}"
