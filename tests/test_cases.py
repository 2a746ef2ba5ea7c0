"""The 806 known differences and controls on both engines: what was right once stays right, nothing new goes wrong."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

import sqlport
from sqlport.engines.server import Server
from tests.constructs import Construct, constructs
from tests.judge import Outcome, on_postgres, on_sqlite, tries

SCORE = Path(__file__).parent.parent / "fixtures" / "constructs" / "score.json"
UPDATE = os.environ.get("SQLPORT_UPDATE") == "1"
# What every statement needs, whatever it says: the driver's placeholders, and the types and collations of columns.
SPELLING = frozenset({"PRM001", "PRM003", "DDL001", "DDL002", "DDL006", "ORD003"})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case. `compared` is None where this SQLite refuses the statement or is too old for it."""

    case: Construct
    findings: tuple[sqlport.Finding, ...]
    changed: bool
    compared: bool | None

    @property
    def wrong(self) -> bool:
        """Changed, nothing left to say, and yet another result."""
        return self.changed and self.compared is False and all(finding.applied for finding in self.findings)


def _script(statements: Sequence[str]) -> str:
    if len(statements) == 1:
        return statements[0]
    return "".join(f"{statement.rstrip().rstrip(';')};\n" for statement in statements)


def judged(case: Construct, connection: psycopg.Connection[Any]) -> Result:
    """Ports one case with all fixes and runs both sides."""
    schema, sql, params = _script(case.setup) if case.setup else "", _script(case.sqlite), case.params or ()
    ported = sqlport.port(sql, schema=schema, unsafe=True, params=params or None)
    findings = tuple(finding for finding in ported.findings if finding.code not in SPELLING)
    changed = any(finding.applied for finding in findings)
    equal = False
    for _ in tries(schema + sql):
        before = on_sqlite(schema, sql, params)
        if before.error or not _as_recorded(case, before):
            return Result(case, findings, changed, None)
        try:
            after = on_postgres(connection, schema, ported.sql, _bound(params, ported.parameters))
        except psycopg.Error as error:  # the case itself ends the transaction
            after = Outcome(error=str(error))
        finally:
            connection.rollback()
            connection.execute("DROP SCHEMA IF EXISTS judged CASCADE")
        equal = _equal(before, after)
        if equal:
            break
    return Result(case, findings, changed, equal)


def _as_recorded(case: Construct, before: Outcome) -> bool:
    """Whether the SQLite of this Python returns what the newest one does; old ones lack some functions."""
    if case.expect is None:
        return True
    return _near(before.rows, tuple(map(tuple, case.expect)))


def _bound(params: Any, parameters: Sequence[int | str]) -> Sequence[Any] | Mapping[str, Any] | None:
    if not params:
        return None
    if isinstance(params, dict):
        return params
    return [params[key] for key in parameters if isinstance(key, int)]


def _equal(before: Outcome, after: Outcome) -> bool:
    """Equal rows and tables; floating point up to the last digits, in which the engines' own sums differ."""
    return not after.error and _near(before.rows, after.rows) and _near(before.tables, after.tables)


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)


def _control(result: Result) -> bool:
    return result.case.rule == "SAME"


@pytest.fixture(scope="module")
def results(server: Server) -> list[Result]:
    with server.database() as name, server.connect(name) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
        return [judged(case, connection) for case in constructs()]


@pytest.fixture(scope="module")
def score(results: list[Result]) -> dict[str, list[str]]:
    """The accepted score, written anew on request."""
    if UPDATE:
        now = {
            "ported": [r.case.id for r in results if r.compared and not _control(r)],
            "wrong": [r.case.id for r in results if r.wrong],
            "flagged": [r.case.id for r in results if _control(r) and r.findings],
        }
        SCORE.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8", newline="\n")
    accepted: dict[str, list[str]] = json.loads(SCORE.read_text(encoding="utf-8"))
    return accepted


def test_what_was_ported_once_still_is(results: list[Result], score: dict[str, list[str]]) -> None:
    lost = [r.case.id for r in results if r.compared is False and r.case.id in score["ported"]]
    assert lost == []


def test_no_change_gives_other_rows_in_silence(results: list[Result], score: dict[str, list[str]]) -> None:
    assert [r.case.id for r in results if r.wrong and r.case.id not in score["wrong"]] == []


def test_nothing_is_found_in_what_is_the_same_on_both(results: list[Result], score: dict[str, list[str]]) -> None:
    judged = [r for r in results if _control(r) and r.compared is not None]  # SQLite refuses the others itself
    found = [(r.case.id, r.findings[0].code) for r in judged if r.findings]
    assert [pair for pair in found if pair[0] not in score["flagged"]] == []
