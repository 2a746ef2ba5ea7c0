"""Every case of every rule, on both engines: what the page says is what happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

import sqlport
from sqlport.engines.server import Server
from sqlport.model import Driver
from sqlport.rulebook import Case, Rule, load
from tests.judge import on_postgres, on_sqlite, tries

RULES = tuple(rule for rule in load().rules if not rule.codemod)
CASES = [(rule, case) for rule in RULES for case in rule.cases]


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with server.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
        yield connection


def codes(ported: sqlport.Port) -> list[str]:
    return [finding.code for finding in ported.findings]


def port(case: Case, sql: str, *, unsafe: bool, driver: Driver = "psycopg") -> sqlport.Port:
    """The port for the target that the case names."""
    return sqlport.port(
        sql,
        schema=case.schema,
        unsafe=unsafe,
        params=case.params or None,
        driver=driver,
        profile=case.profile,
        locale=case.locale,
    )


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.code}:{case.line}" for rule, case in CASES])
def test_case_holds_on_both_engines(rule: Rule, case: Case, connection: psycopg.Connection[Any]) -> None:
    ported = port(case, case.bad, unsafe=case.unsafe)
    if case.ok:
        # A placeholder has to be spelled for the driver whatever the rule says.
        assert [code for code in codes(ported) if code not in ("PRM001", "PRM003")] == []
        if not case.params:
            assert ported.sql == case.bad
    else:
        assert rule.code in codes(ported)
    if case.fixed is None:
        return
    if not case.ok:
        assert ported.sql == case.fixed
        if case.unsafe:
            assert port(case, case.bad, unsafe=False).sql != case.fixed
    plain = port(case, case.bad, unsafe=case.unsafe, driver="none").sql
    again = port(case, plain, unsafe=case.unsafe, driver="none")
    assert [f for f in again.findings if f.applied and f.code not in ("PRM001", "PRM003")] == []
    reordered = tuple(case.params[key] for key in ported.parameters if isinstance(key, int)) or None
    for _ in tries(case.schema + case.bad):
        before = on_sqlite(case.schema, case.bad, case.params)
        if before.error and rule.needs:
            pytest.skip(f"this SQLite has not {', '.join(rule.needs)}")
        assert before.error == ""
        after = on_postgres(connection, case.schema, ported.sql, reordered, profile=case.profile, locale=case.locale)
        if case.profile == "native":  # its tables hold objects, which is what such a case is about
            before, after = replace(before, tables=()), replace(after, tables=())
        if after == before:
            break
    assert after == before


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_is_complete(rule: Rule) -> None:
    bad = [case for case in rule.cases if not case.ok]
    assert bad, "a rule shows at least one statement that it is about"
    assert len(rule.cases) - len(bad) >= 2, "a rule shows at least two statements that it leaves alone"
    assert rule.path.name == f"{rule.code}-{rule.name}.md"
    assert rule.path.parent.name == rule.code[:3]
    if rule.fix is not rule.fix.MANUAL:
        assert any(case.fixed for case in bad)
    if rule.fix is rule.fix.UNSAFE:
        assert rule.condition, "an unsafe fix names its condition"
