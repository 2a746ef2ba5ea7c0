"""Statements whose answer SQLite leaves open: it changes with the order in which the same rows are read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.catalog.names import quoted
from sqlport.prove.compare import compare

if TYPE_CHECKING:
    from sqlport.prove.answers import Answer
    from sqlport.prove.load import Stage
    from sqlport.prove.pairs import Pair


def is_order_open(stage: Stage, pair: Pair, answer: Answer, asked: Callable[[], Answer]) -> bool:
    """Whether SQLite, `asked` again, answers otherwise than `answer` when it reads the rows backwards.

    Scans are reversed (https://www.sqlite.org/pragma.html#pragma_reverse_unordered_selects); where sorting hides
    that, a query is asked about copies of the tables with their rows in the reverse order.
    """
    clock = pair.volatile.clock
    stage.sqlite.execute("PRAGMA reverse_unordered_selects = ON")
    try:
        again = asked()
    finally:
        stage.sqlite.execute("PRAGMA reverse_unordered_selects = OFF")
    if again.error or compare(answer, again, clock=clock) is not None:
        return True
    if pair.kind != "query":
        return False
    with _copied(stage, pair, "ASC"):
        copied = asked()
    if copied.error or compare(answer, copied, clock=clock) is not None:
        return False  # copies tell nothing: the answer depends on more than the rows
    with _copied(stage, pair, "DESC"):
        turned = asked()
    return bool(turned.error) or compare(copied, turned, clock=clock) is not None


@contextmanager
def _copied(stage: Stage, pair: Pair, direction: str) -> Iterator[None]:
    """Temporary tables hide those of the statement for the length of the block: the same rows in that order."""
    sqlite = stage.sqlite
    made = []
    names = {node.name.lower() for node in pair.parsed.nodes(exp.Table)}
    for model in stage.universe.models:
        if model.key in names:
            name = quoted(model.name)
            try:
                sqlite.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM main.{name} ORDER BY rowid {direction}")
            except sqlite3.Error:  # WITHOUT ROWID: its rows lie in the order of their key
                continue
            made.append(name)
    try:
        yield
    finally:
        for name in made:
            sqlite.execute(f"DROP TABLE temp.{name}")
