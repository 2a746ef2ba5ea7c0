"""Answers that nobody can compare row by row: what depends on chance, the clock, the session or on no order at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.prove.uses import DATE_CALLS

if TYPE_CHECKING:
    from sqlport.sql import Parsed

_CHANCE = ("random", "randomblob")
_SESSION = ("last_insert_rowid", "changes", "total_changes")
_ENGINE = ("sqlite_version", "sqlite_source_id", "sqlite_compileoption_used", "sqlite_compileoption_get")
_ZONES = frozenset(["localtime", "utc"])
_SINCE: Mapping[str, tuple[int, int, int]] = {
    **dict.fromkeys(["%e", "%F", "%I", "%k", "%l", "%p", "%P", "%R", "%T", "%u"], (3, 44, 0)),
    **dict.fromkeys(["%G", "%g", "%U", "%V", "ceiling", "floor"], (3, 46, 0)),
    **dict.fromkeys(["subsec", "subsecond"], (3, 42, 0)),
}
"""What date functions answer NULL for in an older SQLite (https://www.sqlite.org/changes.html)."""
_CLOCK = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime)


@dataclass(frozen=True, slots=True)
class Volatility:
    """What an answer depends on beside the rows; `reason` tells why it cannot be compared at all."""

    chance: bool = False
    clock: bool = False
    unordered_limit: bool = False
    reason: str = ""


def volatility(parsed: Parsed) -> Volatility:
    """What the answer of a statement depends on beside the rows of its tables."""
    session = next(parsed.calls(*_SESSION), None)
    if session is not None:
        return Volatility(reason=f"session: {session.this}() tells of the statement before")
    engine = next(parsed.calls(*_ENGINE), None)
    if engine is not None:
        return Volatility(reason=f"engine: {engine.this}() tells of the engine itself")
    if any(isinstance(each, exp.Literal) and str(each.this).lower() in _ZONES for each in _modifiers(parsed)):
        return Volatility(reason="time-zone: the answer depends on the time zone of the machine")
    newer = _too_new(parsed)
    if newer:
        return Volatility(reason=f"sqlite-version: {newer}")
    return Volatility(
        chance=any(True for _ in parsed.calls(*_CHANCE)),
        clock=_reads_clock(parsed),
        unordered_limit=_is_unordered_limit(parsed.tree),
    )


def _modifiers(parsed: Parsed) -> list[exp.Expr]:
    return [each for call in parsed.calls(*sorted(DATE_CALLS)) for each in call.expressions]


def _too_new(parsed: Parsed) -> str:
    """What this SQLite does not know yet, in words."""
    texts = [str(each.this) for each in _modifiers(parsed) if isinstance(each, exp.Literal) and each.is_string]
    for word, since in _SINCE.items():
        said = any(word in text if word.startswith("%") else word == text.lower() for text in texts)
        if said and sqlite3.sqlite_version_info < since:
            return f"SQLite {sqlite3.sqlite_version} answers NULL for {word}, which {'.'.join(map(str, since))} knows"
    return ""


def _reads_clock(parsed: Parsed) -> bool:
    if any(True for _ in parsed.nodes(*_CLOCK)):
        return True
    for call in parsed.calls(*sorted(DATE_CALLS)):
        arguments = call.expressions
        given = arguments[1:] if call.this == "strftime" else arguments
        if not given or any(isinstance(each, exp.Literal) and str(each.this).lower() == "now" for each in given):
            return True
    return False


def _is_unordered_limit(tree: exp.Expr | None) -> bool:
    """Whether the rows that the outermost LIMIT lets through are left to the engine."""
    if not isinstance(tree, exp.Select | exp.SetOperation):
        return False
    if tree.args.get("limit") is None or tree.args.get("order") is not None:
        return False
    if isinstance(tree, exp.Select):
        alone = all(isinstance(item, exp.Anonymous | exp.Literal) for item in tree.expressions)
        aggregates = ("count", "sum", "total", "min", "max", "avg")
        single = alone and any(isinstance(i, exp.Anonymous) and i.this in aggregates for i in tree.expressions)
        return tree.args.get("from_") is not None and not (single and tree.args.get("group") is None)
    return True
