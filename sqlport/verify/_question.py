"""What PostgreSQL is asked: one statement, the Python types of its arguments, where names are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Question:
    """One ported statement, its parameters written `$1` to `$n`.

    `types` are the names of the Python types that the call passes, by position (`int`, `str`, `None`, ...),
    None where nobody knows. `kind` is a permission: with `run` a statement that EXPLAIN cannot take may be run
    in a transaction that is rolled back; what can be planned is never run.
    """

    sql: str
    types: tuple[str | None, ...] = ()
    kind: Literal["plan", "run"] = "plan"
    search_path: tuple[str, ...] = ()
