"""The queries of a code base on real rows: what SQLite answers, what PostgreSQL answers, and how long each takes.

Parameters are taken from the rows, as `prove` takes them from its own. Only queries are run, and both sides are
read-only.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from typing import Literal as OneOf

from sqlport.catalog.names import quoted

if TYPE_CHECKING:
    import psycopg

    from sqlport.catalog import Catalog
    from sqlport.model import Ported, Target
    from sqlport.prove.bindings import Values
    from sqlport.prove.load import Stage
    from sqlport.prove.model import Model
    from sqlport.prove.pairs import Pair
    from sqlport.prove.universe import Row

_SAMPLE: Final = 60  # the first and as many of the last rows of a table
_LONGEST: Final = 10_000  # characters or bytes of a value that serves as a parameter
_SECONDS: Final = 30
_CALLS: Final = 60_000  # of `answers.STEPS`, about as long
_ROWS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """A query on both sides. `rows`, `sqlite` and `postgres` (seconds) are those of its first parameters.

    `empty`: the same, but none of the parameters brought a row; `open`: it could not be compared. `reason` says why.
    """

    place: str
    kind: OneOf["same", "empty", "differs", "open"]
    reason: str = ""
    rows: int = 0
    sqlite: float = 0.0
    postgres: float = 0.0


def replay(
    ported: Sequence[Ported],
    file: Path,
    connection: psycopg.Connection[Any],
    schema: str,
    catalog: Catalog,
    target: Target,
    progress: Callable[[str, int, int], None],
) -> tuple[Replayed, ...]:
    """Run each query and its port, in the order of the code. The connection is in autocommit.

    Raises SqlportError for a file that cannot be read.
    """
    from sqlport.catalog.names import quote
    from sqlport.engines.sqlite import open_readonly
    from sqlport.prove.answers import Bounds
    from sqlport.prove.load import Stage
    from sqlport.prove.model import models
    from sqlport.prove.universe import Universe

    found: list[Replayed] = []
    known = models(catalog, target)
    with closing(open_readonly(file)) as sqlite, connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(f"SET LOCAL search_path TO {quote(schema)}, public".encode())
        connection.execute(f"SET LOCAL statement_timeout TO '{_SECONDS}s'; SET LOCAL TimeZone TO 'UTC'".encode())
        connection.execute("SAVEPOINT sqlport")
        sqlite.execute("BEGIN")
        universe = Universe(known, {model.key: tuple(_sample(sqlite, model)) for model in known})
        stage = Stage(sqlite, connection, universe, bounds=Bounds(_CALLS, _ROWS))
        for number, one in enumerate(ported):
            progress("running queries", number, len(ported))
            told = _replayed(stage, one, catalog, target)
            if told is not None:
                found.append(told)
    return tuple(found)


def _sample(sqlite: sqlite3.Connection, model: Model) -> Iterator[Row]:
    """Some rows of a table, without its longest values."""
    names = [quoted(field.name) for field in model.fields]
    short = ", ".join(f"CASE WHEN length({name}) <= {_LONGEST} THEN {name} END" for name in names)
    seen: set[Row] = set()
    for order in ("", " ORDER BY rowid DESC"):
        try:
            rows = sqlite.execute(f"SELECT {short} FROM {quoted(model.name)}{order} LIMIT {_SAMPLE}").fetchall()
        except sqlite3.Error:  # WITHOUT ROWID, or a text that is no UTF-8
            continue
        yield from (row for row in rows if row not in seen)
        seen.update(rows)


def _replayed(stage: Stage, one: Ported, catalog: Catalog, target: Target) -> Replayed | None:
    """What came of it; None for a statement that is no query."""
    from sqlport.prove.pairs import Refused, pair_of

    statement, port = one.statement, one.port
    place = f"{statement.path}:{statement.line}"
    read = pair_of(statement, port.question, port.question_parameters, port.question_holes, catalog, target)
    if isinstance(read, Refused):
        word = read.reason.partition(":")[0]
        return None if word in ("no-rows", "definition") else Replayed(place, "open", read.reason)
    pair, _ = read
    if pair.kind != "query":
        return None
    found = _compared(stage, pair, place)
    if found.kind in ("differs", "open") and port.left:
        return Replayed(place, "open", f"{port.left}: a finding is left for which PostgreSQL answers otherwise")
    return found


def _compared(stage: Stage, pair: Pair, place: str) -> Replayed:
    from sqlport.prove.bindings import bindings
    from sqlport.prove.compare import shown
    from sqlport.prove.trial import tried

    measured: Values | None = None
    answered, open_ = False, ""
    for values in bindings(pair, stage.universe, 0):
        outcome = tried(stage, pair, values)
        if outcome.kind == "differs":
            assert outcome.mismatch is not None  # that is what makes it differ
            given = ", ".join(f"${number} = {shown(value)}" for number, value in enumerate(values, 1))
            reason = outcome.mismatch.summary + (f", with {given}" if given else "")
            return Replayed(place, "differs", reason, len(outcome.sqlite.rows), *_times(stage, pair, values))
        if outcome.kind in ("same", "empty"):
            if measured is None or (outcome.kind == "same" and not answered):
                measured = values
            answered = answered or outcome.kind == "same"
        else:
            open_ = open_ or outcome.reason
    if measured is None:
        return Replayed(place, "open", open_ or "refused: there are no parameters that SQLite takes")
    rows = len(tried(stage, pair, measured).sqlite.rows)
    return Replayed(place, "same" if answered else "empty", "", rows, *_times(stage, pair, measured))


def _times(stage: Stage, pair: Pair, values: Values) -> tuple[float, float]:
    """Seconds that each engine takes, everything read before."""
    from sqlport.prove.answers import on_postgres, on_sqlite

    begun = time.perf_counter()
    on_sqlite(stage.sqlite, pair.original, values, bounds=stage.bounds)
    between = time.perf_counter()
    on_postgres(stage.postgres, pair.port, values[: pair.passed], reads=True)
    return between - begun, time.perf_counter() - between


def lines(found: Sequence[Replayed]) -> Iterator[str]:
    """The report: a line for each query that was compared, slowest first, and for each that was not."""
    words: Mapping[str, str] = {"same": "same", "empty": "no rows", "differs": "differs", "open": "not compared"}
    compared = sorted((one for one in found if one.kind != "open"), key=lambda one: -one.postgres)
    width = max((len(one.place) for one in found), default=0)
    if compared:
        yield f"{'query':{width}}  {'rows':>7}  {'SQLite ms':>10}  {'PostgreSQL ms':>13}"
    for one in compared:
        times = f"{one.sqlite * 1000:>10.1f}  {one.postgres * 1000:>13.1f}"
        yield f"{one.place:{width}}  {one.rows:>7}  {times}  {words[one.kind]}"
        if one.reason:
            yield f"    {one.reason}"
    for one in found:
        if one.kind == "open":
            yield f"{one.place}: not compared ({one.reason})"
    counts = {kind: sum(one.kind == kind for one in found) for kind in words}
    told = [f"{count} {words[kind]}" for kind, count in counts.items() if count]
    yield f"{len(found)} queries: {', '.join(told) or 'none found'}"
