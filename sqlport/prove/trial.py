"""One pair on one stage with one set of parameters: do both engines answer alike?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.prove.answers import Answer, on_postgres, on_sqlite
from sqlport.prove.backwards import is_order_open
from sqlport.prove.compare import Mismatch, compare, identical
from sqlport.prove.order import is_ordered, misplaced, ranking

if TYPE_CHECKING:
    from sqlport.prove.answers import Row
    from sqlport.prove.bindings import Values
    from sqlport.prove.load import Stage
    from sqlport.prove.pairs import Pair

_OPEN_ORDER = "row-order: SQLite's own answer changes with the order in which it reads the rows"
Kind = OneOf["same", "empty", "skipped", "range", "unproven", "differs"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`empty`: the same, but nothing was returned or changed; `skipped`: SQLite itself refuses these values;
    `range`: a number passed what an engine can hold; the reason begins with a word for programs."""

    kind: Kind
    sqlite: Answer = field(default_factory=Answer)
    postgres: Answer = field(default_factory=Answer)
    mismatch: Mismatch | None = None
    reason: str = ""


def tried(stage: Stage, pair: Pair, values: Values) -> Outcome:
    """Run the pair on both engines and compare."""
    ours, theirs = stage.all_rows(pair.tables)
    sqlite = on_sqlite(stage.sqlite, pair.original, values, ours, bounds=stage.bounds)
    early = _refused_by_sqlite(sqlite, pair)
    if early is not None:
        return early
    passed = values[: pair.passed]
    postgres = on_postgres(stage.postgres, pair.port, passed, theirs, reads=pair.kind == "query")
    if sqlite.error or postgres.error:
        return _of_errors(stage, pair, sqlite, postgres)
    if pair.numbered:
        sqlite, postgres = (_unnumbered(stage, pair, values, each) for each in (sqlite, postgres))
    return _compared(stage, pair, values, sqlite, postgres)


def _refused_by_sqlite(answer: Answer, pair: Pair) -> Outcome | None:
    if answer.error in ("missing", "other") and pair.stand_ins:
        said = f"hole: with {', '.join(pair.stand_ins)} SQLite says {answer.message}"
        return Outcome("unproven", answer, reason=said)
    if answer.error == "missing":
        word = "unknown-function" if "function" in answer.message else "no-schema"
        return Outcome("unproven", answer, reason=f"{word}: SQLite says {answer.message}")
    if answer.error == "limit":
        return Outcome("unproven", answer, reason=f"limit: SQLite was stopped ({answer.message})")
    if answer.error == "other":
        return Outcome("skipped", answer, reason=f"refused: SQLite says {answer.message}")
    return Outcome("range", answer, reason=f"range: SQLite says {answer.message}") if answer.error == "range" else None


def _of_errors(stage: Stage, pair: Pair, sqlite: Answer, postgres: Answer) -> Outcome:
    """One of the engines refuses; both alike is the same."""
    if sqlite.error and postgres.error == sqlite.error:
        return Outcome("empty", sqlite, postgres)
    said = f"PostgreSQL raises {postgres.code} {postgres.message}"
    if postgres.error == "limit":
        return Outcome("unproven", sqlite, postgres, reason=f"limit: PostgreSQL was stopped ({postgres.message})")
    if postgres.error == "missing" and any(_quoted_in(name, postgres.message) for name in stage.absent):
        return Outcome("unproven", sqlite, postgres, reason=f"schema: {said}; the table itself could not be ported")
    if pair.stand_ins and postgres.code.startswith("42"):  # it may be the stand-in that makes no statement
        return Outcome("unproven", sqlite, postgres, reason=f"hole: with {', '.join(pair.stand_ins)} {said}")
    kind: Kind = "range" if postgres.error == "range" else "differs"
    if not postgres.error:
        summary = f"SQLite raises {sqlite.message}, PostgreSQL does it"
    elif sqlite.error:
        summary = f"SQLite raises {sqlite.message}, {said}"
    else:
        summary = f"{said}, SQLite {'returns ' + str(len(sqlite.rows)) + ' rows' if sqlite.labels else 'does it'}"
    return Outcome(kind, sqlite, postgres, Mismatch("error", summary), reason=f"range: {said}")


def _quoted_in(name: str, message: str) -> bool:
    return f'"{name}"' in message


def _unnumbered(stage: Stage, pair: Pair, values: Values, answer: Answer) -> Answer:
    """The answer with `new` for numbers that the engine gave: gaps in them are nobody's promise."""
    given = {value for value in values if type(value) is int}
    new: set[int] = set()
    for key, rows in answer.tables:
        model = stage.universe.model(key)
        place = model.identity if model is not None else None
        if key in pair.numbered and place is not None:
            last = stage.universe.last_id(key)
            numbers = {row[place] for row in rows if type(row[place]) is int}
            new.update(number for number in numbers if number > last and number not in given)
    if not new:
        return answer

    def masked(row: Row) -> Row:
        return tuple("new" if type(value) is int and value in new else value for value in row)

    def hidden(rows: Sequence[Row]) -> tuple[Row, ...]:
        try:
            return tuple([row if new.isdisjoint(row) else masked(row) for row in rows])
        except TypeError:  # JSON values have no hash
            return tuple(map(masked, rows))

    tables = tuple((key, hidden(rows)) for key, rows in answer.tables)
    return replace(answer, rows=hidden(answer.rows), tables=tables)


def _compared(stage: Stage, pair: Pair, values: Values, sqlite: Answer, postgres: Answer) -> Outcome:
    kind: Kind = "empty" if sqlite.is_empty and postgres.is_empty else "same"
    volatile = pair.volatile
    if volatile.chance and pair.kind == "query":
        found = _of_shape(sqlite, postgres, only_order=_orders_by_chance(pair))
        return Outcome("differs" if found else kind, sqlite, postgres, found)
    mismatch = compare(sqlite, postgres, clock=volatile.clock, named=labels_given(pair))
    if mismatch is not None and mismatch.aspect in ("labels", "types", "count"):
        return Outcome("differs", sqlite, postgres, mismatch)
    if pair.kind == "query" and (is_ordered(pair.parsed) or volatile.unordered_limit):
        return _ordered(stage, pair, values, Outcome(kind, sqlite, postgres, mismatch))
    if mismatch is None:
        return Outcome(kind, sqlite, postgres)
    if _depends_on_order(stage, pair, values, sqlite):
        return Outcome("unproven", sqlite, postgres, mismatch, _OPEN_ORDER)
    return Outcome("differs", sqlite, postgres, mismatch)


def _ordered(stage: Stage, pair: Pair, values: Values, outcome: Outcome) -> Outcome:
    """The outcome of a query that orders or cuts its rows."""
    sqlite, postgres, mismatch = outcome.sqlite, outcome.postgres, outcome.mismatch
    if mismatch is None and identical(sqlite.rows, postgres.rows):
        return outcome
    if pair.volatile.clock and mismatch is None:
        return outcome
    tree = pair.parsed.tree
    cut = tree is not None and (tree.args.get("limit") is not None or tree.args.get("offset") is not None)
    if mismatch is not None and not cut:
        if _depends_on_order(stage, pair, values, sqlite):
            return replace(outcome, kind="unproven", reason=_OPEN_ORDER)
        return replace(outcome, kind="differs")
    if mismatch is None and pair.volatile.unordered_limit:
        return outcome
    ranks = ranking(stage.sqlite, pair.parsed, values)
    if ranks is None:
        if mismatch is None:
            return outcome  # the same rows, and an order that cannot be checked
        return replace(outcome, kind="unproven", reason="row-order: LIMIT cuts rows whose order cannot be checked")
    if len(sqlite.rows) != len(postgres.rows):
        return replace(outcome, kind="differs")
    wrong = misplaced(ranks, postgres.rows)
    if wrong is None and pair.volatile.unordered_limit:
        reason = "row-order: LIMIT without ORDER BY lets each engine return other rows"
        return replace(outcome, kind="unproven", reason=reason)
    if wrong is None:
        return replace(outcome, mismatch=None)  # another of the answers that ties allow
    if misplaced(ranks, sqlite.rows) is not None:
        return replace(outcome, kind="unproven", reason="row-order: the order of the rows cannot be checked")
    if any(True for _ in pair.parsed.nodes(exp.Window, exp.Group)) and _depends_on_order(stage, pair, values, sqlite):
        return replace(outcome, kind="unproven", reason=_OPEN_ORDER)
    return replace(outcome, kind="differs", mismatch=mismatch or Mismatch("order", wrong))


def _depends_on_order(stage: Stage, pair: Pair, values: Values, answer: Answer) -> bool:
    """Whether SQLite itself answers otherwise when it reads the rows backwards."""

    def asked() -> Answer:
        again = on_sqlite(stage.sqlite, pair.original, values, stage.all_rows(pair.tables)[0], bounds=stage.bounds)
        return _unnumbered(stage, pair, values, again) if pair.numbered else again

    return is_order_open(stage, pair, answer, asked)


def _of_shape(sqlite: Answer, postgres: Answer, *, only_order: bool) -> Mismatch | None:
    """What chance decides is compared by shape: how many rows of which types; or only their order is left to it."""
    if only_order:
        return compare(sqlite, postgres)
    if len(sqlite.labels) != len(postgres.labels):
        return Mismatch("labels", f"SQLite returns {len(sqlite.labels)} columns, PostgreSQL {len(postgres.labels)}")
    if len(sqlite.rows) != len(postgres.rows):
        return Mismatch("rows", f"SQLite returns {len(sqlite.rows)} rows, PostgreSQL {len(postgres.rows)}")
    for place in range(len(sqlite.labels)):
        ours = {type(row[place]).__name__ for row in sqlite.rows} - {"NoneType"}
        theirs = {type(row[place]).__name__ for row in postgres.rows} - {"NoneType"}
        if len(ours) == len(theirs) == 1 and ours != theirs:
            return Mismatch("types", f"column {place + 1} is {min(ours)} in SQLite and {min(theirs)} in PostgreSQL")
    return None


def _orders_by_chance(pair: Pair) -> bool:
    """Whether chance only shuffles the rows, all of which are returned."""
    tree = pair.parsed.tree
    if tree is None or tree.args.get("limit") is not None:
        return False
    return all(call.find_ancestor(exp.Order) is not None for call in pair.parsed.calls("random", "randomblob"))


def labels_given(pair: Pair) -> frozenset[str]:
    """The labels that the outermost query gives by AS."""
    tree = pair.parsed.tree
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    items = tree.expressions if isinstance(tree, exp.Select) else ()
    return frozenset(item.alias for item in items if isinstance(item, exp.Alias))
