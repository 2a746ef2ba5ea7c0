"""What is asked of a copy, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlport.data.careful import Misfit
from sqlport.data.compare import TableVerdict
from sqlport.data.load import COMMITTED, Loaded
from sqlport.data.plan import Table
from sqlport.data.policy import Policies

Event = Callable[[str, Mapping[str, object]], None]
"""Told of what happens, in a word, with what there is to say about it; for the log and the progress bar."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks of a copy.

    `skipped` are tables and `table.column`s in folded names. `validate` compares every value before anybody sees
    it. `truncate` empties tables that are there first; `resumable` commits each batch there, too. `batch` is how
    many bytes are committed at once.
    """

    schema: str = "public"
    policies: Policies = field(default_factory=Policies)
    skipped: frozenset[str] = frozenset()
    resume: bool = False
    validate: bool = True
    indexes: bool = True
    truncate: bool = False
    resumable: bool = False
    batch: int = COMMITTED


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did.

    `left` is what of the SQLite file is not in PostgreSQL now, `notes` the rest that is worth a word. `existing`
    tells that the tables were there before, `changed` that the file did not stay as it was.
    """

    tables: tuple[tuple[Table, Loaded], ...]
    misfits: tuple[Misfit, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]
    existing: bool
    fingerprint: str
    verdicts: tuple[TableVerdict, ...] = ()
    changed: bool = False

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return len({(misfit.table, misfit.row) for misfit in self.misfits if misfit.done == "reject"})

    @property
    def rows(self) -> int:
        """How many rows were written."""
        return sum(loaded.rows for _, loaded in self.tables)
