"""The proven differences between the two engines (`fixtures/constructs/cases.jsonl`) as values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Construct:
    """One case: what SQLite returned for `sqlite` on `setup`; `rule` is SAME where nothing differs.

    `expect_after` are the rows of the queries `observe`, which tell what a statement did to the tables.
    """

    id: str
    rule: str
    setup: tuple[str, ...]
    sqlite: tuple[str, ...]
    params: Any
    expect: Any
    observe: tuple[str, ...]
    expect_after: tuple[Any, ...]
    autofix: str


def decoded(value: Any) -> Any:
    """A value of the file, with what JSON cannot say made out of its mark."""
    if isinstance(value, dict) and value.keys() <= {"$blob", "$float"}:
        return bytes.fromhex(value["$blob"]) if "$blob" in value else float(value["$float"])
    if isinstance(value, dict):
        return {name: decoded(item) for name, item in value.items()}
    return [decoded(item) for item in value] if isinstance(value, list) else value


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def constructs() -> tuple[Construct, ...]:
    """All of them, in the order of the file."""
    lines = (FIXTURES / "constructs" / "cases.jsonl").read_text("utf-8").splitlines()
    return tuple(
        Construct(
            case["id"],
            case["rule"],
            _texts(case.get("sqlite_setup")),
            _texts(case["sqlite"]),
            decoded(case.get("params")),
            decoded(case.get("expect")),
            _texts(case.get("observe")),
            tuple(decoded(case.get("expect_after")) or ()),
            case.get("autofix") or "none",
        )
        for case in map(json.loads, lines)
    )


def all_statements() -> Iterator[str]:
    """Every statement of every case."""
    for case in constructs():
        yield from case.setup
        yield from case.sqlite
