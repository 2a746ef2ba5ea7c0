"""The most important silent differences: found without their rules, gone once the rules have ported them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import sqlport
from sqlport.config import Config
from sqlport.engines.server import Server
from tests.prove.corpus import SCHEMA
from tests.prove.support import book, proofs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
CASES: dict[str, dict[str, str]] = tomllib.loads((HERE / "silent.toml").read_text("utf-8"))
TABLES = (
    *(table.replace("active BOOLEAN NOT NULL DEFAULT 1", "active BOOLEAN") for table in SCHEMA),
    'CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, "user" TEXT)',
)


def config(case: dict[str, str]) -> Config:
    return Config().override(profile=case.get("profile"))


@pytest.mark.parametrize("name", CASES)
def test_without_its_rule_the_difference_is_found(server: Server, name: str) -> None:
    case = CASES[name]
    (proof,) = proofs(server, TABLES, [(case["sql"], case.get("raw", case["sql"]))], config=config(case))
    assert proof.kind == "differs", proof


@pytest.mark.parametrize("name", CASES)
def test_with_its_rule_the_port_answers_the_same(server: Server, name: str) -> None:
    case = CASES[name]
    if case["rule"] not in {rule.code for rule in book().rules}:
        pytest.skip(f"{case['rule']} is not in the rule book")
    options: dict[str, Any] = {"profile": case.get("profile", "faithful"), "driver": "none", "unsafe": True}
    port = sqlport.port(case["sql"], schema=";\n".join(TABLES), **options)
    (proof,) = proofs(server, TABLES, [(case["sql"], port.sql)], config=config(case))
    if any(finding.code == case["rule"] and not finding.applied for finding in port.findings):
        return  # said to a person, who has to decide
    assert proof.kind == "same", (port.sql, proof)
