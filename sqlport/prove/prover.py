"""All pairs of a schema on several universes: what differs is made small, what shows nothing gets rows of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlport.model import Difference, Proof
from sqlport.prove.bindings import bindings
from sqlport.prove.compare import folded_labels, line, shown
from sqlport.prove.harvest import harvest
from sqlport.prove.load import Stage, connected, original_tables, stage_of, without_triggers
from sqlport.prove.model import models
from sqlport.prove.satisfy import satisfied
from sqlport.prove.script import script
from sqlport.prove.shrink import Shrunk, needed, shrunk, untied
from sqlport.prove.trial import Outcome, tried
from sqlport.prove.universe import deal

if TYPE_CHECKING:
    import psycopg

    from sqlport.catalog import Catalog
    from sqlport.engines.server import Server
    from sqlport.model import Target
    from sqlport.prove.answers import Answer
    from sqlport.prove.bindings import Values
    from sqlport.prove.pairs import Pair
    from sqlport.semantics import Semantics
    from sqlport.verify import SchemaResult

_SHOWN_ROWS = 10
_MOST_SHRUNK = 60  # differences that are made small; the rest of a code base full of them keep all their rows
_NAME = r"[\"`\[]?([^\s(\"`\]]+)"
_TABLE = re.compile(r"\s*CREATE\s+(?:TEMP\w*\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME, re.IGNORECASE)
_ON = re.compile(r"\s*CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER)\b.*?\bON\s+" + _NAME, re.IGNORECASE | re.DOTALL)
_MANUAL = "manual-left: a finding is left that a person has to act on before PostgreSQL takes the statement"


@dataclass(slots=True)
class _State:
    """What is known of a pair so far."""

    pair: Pair
    runs: int = 0
    answered: bool = False
    ranged: str = ""
    skipped: str = ""
    folded: tuple[str, ...] = ()
    proof: Proof | None = None


class Prover:
    """The pairs of one schema."""

    def __init__(
        self,
        server: Server,
        schema: SchemaResult,
        catalog: Catalog,
        definitions: tuple[Sequence[str], Sequence[str]],
        read: Sequence[tuple[Pair, Semantics]],
        target: Target,
        manual_left: frozenset[str],
    ) -> None:
        self._server, self._schema = server, schema
        self._definitions = definitions
        self._read = read
        self._manual_left = manual_left
        self._found = harvest([(pair.parsed, semantics) for pair, semantics in read], catalog, target)
        self._models = models(catalog, target, self._found.dated, self._found.json)
        self._states = [_State(pair) for pair, _ in read]
        self._shrunk = 0

    def run(self, runs: int, seed: int, progress: Callable[[int, int], None] | None) -> Mapping[str, Proof]:
        """Compare every pair on `runs` universes; what differs once is not tried again."""
        # What is rolled back stays in PostgreSQL's tables until the transaction ends, and queries wade through it.
        ordered = sorted(self._states, key=lambda state: state.pair.kind == "write")
        with connected(self._server, self._schema.database) as postgres:
            for number in range(runs):
                with self._stage(postgres, seed + number, store=number % 2 == 0) as stage:
                    for place, state in enumerate(ordered):
                        if progress is not None:
                            progress(number * len(self._states) + place, runs * len(self._states))
                        if state.proof is None:
                            self._try(stage, state, seed + number)
                    if number == runs - 1:
                        self._satisfy(stage, seed + number)
            overflown = [state for state in self._states if state.proof is None and state.ranged]
            if overflown:
                with self._stage(postgres, seed, tame=True) as stage:
                    for state in overflown:
                        self._try_tame(stage, state, seed)
        return {state.pair.id: _concluded(state) for state in self._states}

    @contextmanager
    def _stage(
        self, postgres: psycopg.Connection[Any], seed: int, *, tame: bool = False, store: bool = True
    ) -> Iterator[Stage]:
        sqlite = original_tables(self._definitions[0])
        try:
            with without_triggers(sqlite):
                universe = deal(sqlite, self._models, self._found, seed, tame=tame, store=store)
                stage = stage_of(sqlite, postgres, universe)
            yield stage
        finally:
            sqlite.close()

    def _try(self, stage: Stage, state: _State, seed: int) -> None:
        for values in bindings(state.pair, stage.universe, seed):
            outcome = tried(stage, state.pair, values)
            if self._settles(stage, state, values, outcome):
                return
        state.runs += 1

    def _settles(self, stage: Stage, state: _State, values: Values, outcome: Outcome) -> bool:
        """Note the outcome; True where no more need be tried."""
        if outcome.kind == "same":
            state.answered = True
            state.folded = folded_labels(outcome.sqlite.labels, outcome.postgres.labels)
        elif outcome.kind == "range":
            state.ranged = outcome.reason
        elif outcome.kind == "skipped":
            state.skipped = outcome.reason
        elif outcome.kind == "unproven":
            hidden = None
            if outcome.reason.startswith("row-order"):
                hidden = untied(stage, state.pair, values, outcome, self._definitions[0])
            if hidden is not None:
                state.proof = self._differing(stage, state.pair, values, hidden.outcome, hidden)
            else:
                state.proof = Proof("unproven", outcome.reason)
        elif outcome.kind == "differs":
            state.proof = self._differing(stage, state.pair, values, outcome)
        return state.proof is not None

    def _try_tame(self, stage: Stage, state: _State, seed: int) -> None:
        """On small numbers, where an overflow is no excuse any more."""
        for values in bindings(state.pair, stage.universe, seed):
            outcome = tried(stage, state.pair, values)
            if outcome.kind == "range" and outcome.mismatch is not None:
                outcome = replace(outcome, kind="differs")
            if self._settles(stage, state, values, outcome):
                return

    def _satisfy(self, stage: Stage, seed: int) -> None:
        """Rows from the statement's own conditions, for those that returned and changed nothing so far."""
        for state, (_, semantics) in zip(self._states, self._read, strict=True):
            if state.proof is not None or state.answered or state.skipped:
                continue
            for values in bindings(state.pair, stage.universe, seed):
                with satisfied(stage, state.pair, semantics, values) as own:
                    if own is None:
                        continue
                    outcome = tried(own, state.pair, values)
                    if self._settles(own, state, values, outcome) or state.answered:
                        break

    def _differing(
        self, stage: Stage, pair: Pair, values: Values, outcome: Outcome, result: Shrunk | None = None
    ) -> Proof:
        if pair.id in self._manual_left and outcome.postgres.code.startswith("42"):
            return Proof("unproven", _MANUAL)
        original, ported = self._definitions
        self._shrunk += 1
        tables, small = needed(stage, pair), stage
        if result is None and self._shrunk <= _MOST_SHRUNK:
            result = shrunk(stage, pair, values, outcome, original)
        if result is not None:
            outcome, small, tables = result.outcome, result.stage, result.models
        assert outcome.mismatch is not None  # that is what makes it differ
        names = {model.key for model in tables}
        difference = Difference(
            aspect=outcome.mismatch.aspect,
            summary=outcome.mismatch.summary,
            sqlite=_lines(outcome.sqlite),
            postgres=_lines(outcome.postgres),
            parameters=", ".join(f"${number} = {shown(value)}" for number, value in enumerate(values, 1)),
            script=script(pair, values, tables, small.universe.rows, _about(original, names), _about(ported, names)),
        )
        return Proof("differs", f"{difference.aspect}: {difference.summary}", difference)


def _concluded(state: _State) -> Proof:
    proof = state.proof
    if proof is None and state.answered:
        notes = ["apart from numbers that overflow"] if state.ranged else []
        notes += [f"labels in lower case: {', '.join(state.folded)}"] if state.folded else []
        proof = Proof("same", "; ".join(notes))
    elif proof is None and (state.skipped or state.ranged):
        proof = Proof("unproven", state.skipped or state.ranged)
    elif proof is None:
        proof = Proof("unproven", "vacuous: no rows were found on which the statement returns or changes anything")
    return replace(proof, stand_ins=state.pair.stand_ins, runs=state.runs)


def _lines(answer: Answer) -> tuple[str, ...]:
    """An answer for people: labels, rows, and the changed tables."""
    if answer.error:
        return (f"error: {answer.code} {answer.message}".replace(":  ", ": "),)
    lines = [line_of_labels(answer.labels)] if answer.labels else [f"{answer.count} rows changed"]
    lines += _cut([line(row) for row in answer.rows])
    for key, rows in answer.tables:
        lines += [f"table {key}:", *_cut(sorted(line(row) for row in rows))]
    return tuple(lines)


def line_of_labels(labels: Sequence[str]) -> str:
    """The head of a result."""
    return " | ".join(labels)


def _cut(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _SHOWN_ROWS
    return [*lines[:_SHOWN_ROWS], *([f"... and {more} more rows"] if more > 0 else [])]


def _about(definitions: Sequence[str], keys: set[str]) -> list[str]:
    """The definitions that name no table but these (extensions and all that names none stay)."""
    kept = []
    for sql in definitions:
        found = _TABLE.match(sql) or _ON.match(sql)
        if found is None or found[1].lower().rpartition(".")[2] in keys:
            kept.append(sql)
    return kept
