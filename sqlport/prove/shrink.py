"""The fewest rows and columns on which two answers still differ."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.prove.load import copy, enforce, insert_rows, original_tables, switch_triggers, without_triggers
from sqlport.prove.trial import Outcome, tried

if TYPE_CHECKING:
    from sqlport.prove.bindings import Values
    from sqlport.prove.load import Stage
    from sqlport.prove.model import Model
    from sqlport.prove.pairs import Pair
    from sqlport.prove.universe import Row

_TRIALS = 220
_SAMPLES = 24
Item = tuple[str, "Row"]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The outcome on the fewest rows, and the stage (rows only) that shows it."""

    outcome: Outcome
    stage: Stage
    models: tuple[Model, ...]


def shrunk(stage: Stage, pair: Pair, values: Values, outcome: Outcome, definitions: Sequence[str]) -> Shrunk:
    """Take rows and values away while the answers differ in the same aspect.

    PostgreSQL's tables are as before when it returns. Where the difference does not show on the tables of the
    statement alone, nothing is taken away.
    """
    models = needed(stage, pair)
    with_lab = _Lab(stage, pair, values, outcome, definitions, models)
    try:
        return with_lab.run()
    finally:
        with_lab.close()


def untied(stage: Stage, pair: Pair, values: Values, outcome: Outcome, definitions: Sequence[str]) -> Shrunk | None:
    """A difference that shows on a few of the rows, where on all of them the order of ties hides it; None without."""
    lab = _Lab(stage, pair, values, outcome, definitions, needed(stage, pair))
    try:
        return lab.sampled()
    finally:
        lab.close()


def needed(stage: Stage, pair: Pair) -> tuple[Model, ...]:
    """The tables that a statement names or changes, with those that they refer to, in order."""
    from sqlglot import exp

    keys = {node.name.lower() for node in pair.parsed.nodes(exp.Table)} | set(pair.tables)
    known = {model.key for model in stage.universe.models}
    if not keys & known or keys - known - {"json_each", "generate_series"}:
        keys = set(known)  # a view or a table that the text does not name
    for model in reversed(stage.universe.models):
        if model.key in keys:
            keys.update(reference.parent for reference in model.references)
    return tuple(model for model in stage.universe.models if model.key in keys)


class _Lab:
    """Empty copies of the tables, filled anew for every trial."""

    def __init__(
        self,
        stage: Stage,
        pair: Pair,
        values: Values,
        outcome: Outcome,
        definitions: Sequence[str],
        models: tuple[Model, ...],
    ) -> None:
        self._stage, self._pair, self._values, self._outcome = stage, pair, values, outcome
        self._models = models
        self._left = _TRIALS
        self._sqlite = original_tables(definitions)
        self._emptied = [quoted(model.name) for model in models]
        if self._sqlite.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
            self._emptied.append("sqlite_sequence")
        triggers = self._sqlite.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger'").fetchone()
        self._has_triggers = triggers is not None
        postgres = stage.postgres
        postgres.execute("SAVEPOINT sqlport_lab")
        tables = [model for model in stage.universe.models if model.key not in stage.absent]
        if self._has_triggers:
            switch_triggers(postgres, tables, "DISABLE")
        for model in reversed(tables):
            if stage.universe.rows.get(model.key):
                postgres.execute(f"DELETE FROM {model.postgres}".encode())
        postgres.execute("SAVEPOINT sqlport_empty")

    def close(self) -> None:
        self._sqlite.close()
        self._stage.postgres.execute("ROLLBACK TO SAVEPOINT sqlport_lab")
        self._stage.postgres.execute("RELEASE SAVEPOINT sqlport_lab")
        if self._pair.numbered:
            self._stage.number_new_rows()  # no transaction takes a sequence back

    def run(self) -> Shrunk:
        """Children are taken away before their parents."""
        rows = self._stage.universe.rows
        items = [(model.key, row) for model in reversed(self._models) for row in rows.get(model.key, ())]
        first = self._try(items)
        if first is None:
            return Shrunk(self._outcome, self._stage, self._models)
        return self._reduced(items, first)

    def _reduced(self, items: list[Item], first: Outcome) -> Shrunk:
        items, best = self._emptier(items, first)  # references first: they hold parents
        items, best = self._fewer(items, best)
        items, best = self._emptier(items, best)
        return Shrunk(best, self._at(items), self._models)

    def sampled(self) -> Shrunk | None:
        """The first difference on a sample, made small; rows with NULL are drawn as often as those without."""
        chance = random.Random(0)  # noqa: S311 - the same rows every time
        for number in range(_SAMPLES):
            items: dict[Item, None] = {}
            for model in reversed(self._models):
                rows = self._stage.universe.rows.get(model.key, ())
                for part in ([row for row in rows if None in row], [row for row in rows if None not in row]):
                    drawn = chance.sample(part, min(len(part), 1 + number % 3))
                    items.update(dict.fromkeys((model.key, row) for row in drawn))
            sample = self._with_parents(list(items))
            outcome = self._outcome_on(sample)
            if outcome is not None and outcome.kind == "differs":
                self._outcome = outcome
                return self._reduced(sample, outcome)
        return None

    def _with_parents(self, items: list[Item]) -> list[Item]:
        """The rows and those that they refer to."""
        found = dict.fromkeys(items)
        universe = self._stage.universe
        for key, row in items:  # grows while it is read
            model = universe.model(key)
            for reference in model.references if model is not None else ():
                values = [row[place] for place in reference.own]
                for parent in universe.rows.get(reference.parent, ()):
                    item = (reference.parent, parent)
                    if [parent[place] for place in reference.other] == values and item not in found:
                        found[item] = None
                        items.append(item)
        return list(found)

    def _fewer(self, items: list[Item], best: Outcome) -> tuple[list[Item], Outcome]:
        size = max(1, len(items) // 2)
        while self._left > 0:
            taken = False
            start = 0
            while start < len(items) and self._left > 0:
                candidate = items[:start] + items[start + size :]
                outcome = self._try(candidate)
                if outcome is None:
                    start += size
                else:
                    items, best, taken = candidate, outcome, True
            if size > 1:
                size = max(1, size // 2)
            elif not taken:
                break
        return items, best

    def _emptier(self, items: list[Item], best: Outcome) -> tuple[list[Item], Outcome]:
        """NULL for whole columns that do not matter."""
        for model in self._models:
            for place, field in enumerate(model.fields):
                if field.not_null or not any(key == model.key and row[place] is not None for key, row in items):
                    continue
                candidate = [
                    (key, (*row[:place], None, *row[place + 1 :]) if key == model.key else row) for key, row in items
                ]
                outcome = self._try(candidate)
                if outcome is not None:
                    items, best = candidate, outcome
        return items, best

    def _at(self, items: Sequence[Item]) -> Stage:
        keys = {model.key for model in self._stage.universe.models}
        rows = {key: tuple(row for each, row in items if each == key) for key in keys}
        return replace(self._stage.with_rows(rows), sqlite=self._sqlite)

    def _try(self, items: Sequence[Item]) -> Outcome | None:
        """The outcome on these rows where it still differs in the same way."""
        self._left -= 1
        outcome, wanted = self._outcome_on(items), self._outcome
        if outcome is None or outcome.kind != wanted.kind or outcome.mismatch is None or wanted.mismatch is None:
            return None
        same_code = outcome.postgres.code == wanted.postgres.code
        return outcome if outcome.mismatch.aspect == wanted.mismatch.aspect and same_code else None

    def _outcome_on(self, items: Sequence[Item]) -> Outcome | None:
        """The outcome on these rows; None where an engine does not take them."""
        import psycopg

        stage = self._at(items)
        stage.postgres.execute("ROLLBACK TO SAVEPOINT sqlport_empty")
        try:
            if not self._fill(stage):
                return None
            if self._pair.numbered:
                stage.number_new_rows()
            stage.postgres.execute("SAVEPOINT sqlport")
            return tried(stage, self._pair, self._values)
        except (sqlite3.Error, psycopg.Error):
            if stage.postgres.closed:
                raise
            return None

    def _fill(self, stage: Stage) -> bool:
        """Put the rows into the empty tables of both engines; False where they do not take all of them."""
        sqlite = self._sqlite
        sqlite.execute("PRAGMA foreign_keys = OFF")  # rows may refer to later ones
        with without_triggers(sqlite):
            for name in self._emptied:
                sqlite.execute(f"DELETE FROM {name}")
            for model in self._models:
                insert_rows(sqlite, model, stage.universe.rows[model.key])
        enforce(sqlite)
        if sqlite.execute("PRAGMA foreign_keys").fetchone()[0] and _orphaned(sqlite):
            return False
        tables = [model for model in self._models if model.key not in stage.absent]
        if self._has_triggers:
            switch_triggers(stage.postgres, tables, "DISABLE")
        for model in tables:
            copy(stage.postgres, model, stage.universe.rows[model.key])
        if self._has_triggers:
            switch_triggers(stage.postgres, tables, "ENABLE")
        return True


def _orphaned(sqlite: sqlite3.Connection) -> bool:
    return sqlite.execute("PRAGMA foreign_key_check").fetchone() is not None
