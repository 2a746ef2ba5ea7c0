"""The careful way of a row: each cell for itself, and what does not fit by its policy."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlport.data.coerce import RULES
from sqlport.data.convert import NULL, UnfitError, payload
from sqlport.data.plan import Column, Table, Value
from sqlport.data.policy import Policies, Policy
from sqlport.model import SqlportError

_LENGTH: Final = struct.Struct(">i")
_COUNT: Final = struct.Struct(">h")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that does not fit: its kind, where it is, and what was done (`fail`, `reject`, `coerce:RULE`).

    `row` tells the row as SQLite knows it (`rowid 5`, `id = 5`), `value` is the value as SQL text. `place` is that of
    a row which the server refused, and which nothing but the server's word tells from the others.
    """

    table: str
    column: str
    kind: str
    row: str
    value: str
    done: str = "fail"
    place: int | None = None

    def __str__(self) -> str:
        name = f"{self.table}.{self.column}" if self.column else self.table
        return f"{name}, {self.row}: {self.value} ({self.kind})"


class MisfitError(SqlportError):
    """A value does not fit and its policy is `fail`."""

    def __init__(self, misfit: Misfit, reason: str = "") -> None:
        key = f"{misfit.table}.{misfit.column or '*'}"
        if misfit.place is None:
            advice = (
                "`sqlport data check` lists every such value; "
                f"--policy {key}=reject leaves the row out and writes it down, =coerce:RULE changes the value"
            )
        else:
            advice = f"--policy {key}=reject leaves such rows out and writes them down"
        super().__init__(f"{misfit}{reason}; {advice}")
        self.misfit = misfit


@dataclass(slots=True)
class Careful:
    """Judges the rows of a table. `nulls` counts the NULLs of each column that came by, for the fast way.

    `first` is the place in the table of the batch that is judged. `where` names the row at a place of the table; it
    is asked only for a misfit. `tell` is told of each misfit. With `lenient` nothing fails: a misfit is told, and the
    row left out.
    """

    table: Table
    policies: Policies
    where: Callable[[int, Sequence[Value]], str]
    tell: Callable[[Misfit], None]
    lenient: bool = False
    nulls: Counter[int] = field(default_factory=Counter)
    first: int = 0

    def row(self, values: Sequence[Value], number: int = 0) -> bytes:
        """The bytes of a row of the batch, none for one that is rejected. Raises MisfitError by policy."""
        cells = [_COUNT.pack(len(values))]
        rejected = False
        position = self.first + number
        for place, (value, column) in enumerate(zip(values, self.table.columns, strict=True)):
            if value is None:
                self.nulls[place] += 1
                cells.append(NULL)
                continue
            try:
                made = payload(value, column.wire)
            except UnfitError as unfit:
                fitted = self._misfit(unfit, values, position, value, column)
                rejected = rejected or fitted is None
                cells.append(fitted or b"")
                continue
            assert made is not None  # the value is not NULL
            cells += (_LENGTH.pack(len(made)), bytes(made))
        return b"" if rejected else b"".join(cells)

    def refused(self, values: Sequence[Value], position: int, kind: str, column: str, message: str) -> None:
        """A row that the server refuses. Raises MisfitError unless it is rejected by policy."""
        policy = self.policies.of(self.table.source, column, kind)
        done = "reject" if policy.action == "reject" else "fail"
        found = next((place for place, each in enumerate(self.table.columns) if each.name == column), None)
        shown = literal(values[found]) if found is not None else message
        misfit = Misfit(self.table.source, column, kind, self.where(position, values), shown, done, position)
        self.tell(misfit)
        if done == "fail" and not self.lenient:
            raise MisfitError(misfit, f": {message}" if found is not None else "")

    def _misfit(
        self, unfit: UnfitError, row: Sequence[Value], position: int, value: Value, column: Column
    ) -> bytes | None:
        """The bytes of the cell after its policy, None for a row to reject."""
        policy = self.policies.of(self.table.source, column.source, unfit.kind)
        made, rule = _coerced(value, column, policy)
        done = f"coerce:{rule}" if made is not None else "reject" if policy.action == "reject" else "fail"
        misfit = Misfit(self.table.source, column.source, unfit.kind, self.where(position, row), literal(value), done)
        self.tell(misfit)
        if done == "fail" and not self.lenient:
            tried = f": no rule of {policy} fits it" if policy.action == "coerce" else ""
            raise MisfitError(misfit, tried)
        return made


def _coerced(value: Value, column: Column, policy: Policy) -> tuple[bytes | None, str]:
    """The cell after the first rule that makes the value fit; a rule's result may need the next one."""
    for rule in policy.rules:
        try:
            changed = RULES[rule][0](value, column.wire)
            made = payload(changed, column.wire)
        except UnfitError:
            value = changed
            continue
        except (ValueError, OverflowError):
            continue
        return (NULL if made is None else _LENGTH.pack(len(made)) + made), rule
    return None, ""


def literal(value: Value) -> str:
    """The value as SQLite writes it in SQL, cut where it is long."""
    if value is None:
        return "NULL"
    if isinstance(value, bytearray):
        text = value[: _SHOWN * 4].decode("utf-8", "backslashreplace").replace("'", "''").replace("\0", "\\0")
        return f"'{_cut(text)}'"
    if isinstance(value, bytes):
        return f"x'{_cut(value[:_SHOWN].hex())}'"
    return repr(value)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
