"""What following functions may cost, so that no program takes more than its share of time."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlport.hosts.python.branches import Engine
from sqlport.hosts.python.values import (
    Value,
)

MAX_INLINE = 6
"""Calls of project functions that are followed into one another."""
MAX_CALLS = 200
"""Calls of project functions that are followed for one expression."""
MAX_STEPS = 100_000
"""Values that are worked out for one expression and all that it leads to; more are unknown."""
MAX_WORK = 15_000
"""Statements of followed functions for one pass over a file; what comes later is not followed."""


@dataclass(slots=True)
class Changes:
    """Counts what is learned of classes: what was looked up in one holds until the next."""

    number: int = 0


@dataclass(slots=True)
class Budget:
    """What following functions may cost; shared by the evaluators of all files of a run.

    `calls` and `steps` are left for the current expression, `work` for the current file;
    `depth` counts calls inside calls, `cuts` what was not worked out since it would cost too much, `building` the
    modules of which only a part is known by now, `changes` what is learned of classes. `sizes` of functions are kept,
    and what calls returned: in `known` while one file is followed, in `lasting` for good. `engines` tell on which one
    the program takes the arm of a branch.
    """

    calls: int = MAX_CALLS
    work: int = MAX_WORK
    depth: int = 0
    steps: int = MAX_STEPS
    cuts: int = 0
    building: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    known: dict[tuple[object, ...], Value] = field(default_factory=dict)
    lasting: dict[tuple[object, ...], Value] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    engines: dict[tuple[int, int], Engine] = field(default_factory=dict)

    def begin_file(self) -> None:
        """A pass over a file: nothing is spent, and nothing known of what calls return."""
        self.work = MAX_WORK
        self.known.clear()

    def begin(self) -> None:
        """A new expression, unless it is part of a followed function."""
        if not self.depth:
            self.calls = MAX_CALLS
            self.steps = MAX_STEPS

    def spend(self, statements: int) -> bool:
        """Whether one more function of that size may be followed."""
        self.calls -= 1
        self.work -= statements
        enough = self.calls >= 0 and self.work >= 0 and self.depth < MAX_INLINE
        self.cuts += not enough
        return enough
