"""The proof from files to files: what is proven, what the ledger remembers, what `fix --prove` holds back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlport import project
from sqlport.config import Config, Prove
from sqlport.model import Proof, SqlportError
from sqlport.prove import ledger
from sqlport.results import Report

HEAD = (
    "import sqlite3\ndb = sqlite3.connect('x')\n"
    'db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, nick TEXT)")\n'
)
FINE = "db.execute('SELECT ifnull(nick, name) FROM users')\n"
ORDERED = "db.execute('SELECT ifnull(nick, name) AS n FROM users ORDER BY nick')\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def put(text: str, name: str = "app.py") -> Path:
    path = Path(name)
    path.write_text(text, "utf-8")
    return path


def config(*select: str, **values: Any) -> Config:
    return Config(root=Path.cwd(), select=select or ("FNC001",)).override(**values)


def proof(report: Report, text: str) -> Proof:
    (found,) = [report.proofs[each.id] for each in report.statements if text in each.sql]
    return found


def test_ports_are_compared_with_the_originals() -> None:
    put(HEAD + FINE + ORDERED)
    report = project.prove(["."], config())
    assert proof(report, "name) FROM").kind == "same"
    assert proof(report, "CREATE").kind == "same"
    ordered = proof(report, "ORDER BY")
    assert ordered.difference is not None
    assert ordered.difference.aspect == "order"
    assert report.proof_exit_code() == 1


def test_what_postgresql_rejects_and_what_is_not_known_is_unproven() -> None:
    put(
        HEAD
        + "db.execute('SELECT glob(name, nick) FROM users')\n"
        + "db.execute('SELECT 1 FROM nowhere')\n"
        + "def f(t): db.execute(f'SELECT ifnull(a, b) FROM {t}')\n"
        + "def g(x, more): db.execute(f'SELECT name FROM users WHERE id = {x} {more}')\n"
    )
    report = project.prove(["."], config())
    assert proof(report, "glob").reason.startswith("rejected: 42883")
    assert proof(report, "nowhere").reason.startswith("no-schema")
    assert proof(report, "{t}").reason.startswith("hole")
    held = proof(report, "id = {x}")
    assert held.kind == "same"
    assert len(held.stand_ins) == 2
    assert report.proof_exit_code() == 1


def test_the_ledger_answers_for_unchanged_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    put(HEAD + FINE + ORDERED)
    first = project.prove(["."], config())

    from sqlport.prove import prover

    monkeypatch.setattr(prover.Prover, "run", lambda *_: pytest.fail("proven again"))
    again = project.prove(["."], config())
    assert {key: each.kind for key, each in again.proofs.items()} == {k: e.kind for k, e in first.proofs.items()}
    assert proof(again, "ORDER BY").difference == proof(first, "ORDER BY").difference


def test_what_changes_is_proven_anew_and_what_is_gone_leaves_the_ledger(here: Path) -> None:
    path = put(HEAD + FINE)
    project.prove(["."], config())
    before = set(ledger.load(here))
    project.prove(["."], config(prove=Prove(1, 5)))
    assert not before & set(ledger.load(here))
    path.write_text(HEAD + FINE.replace("name)", "nick)"), "utf-8")
    project.prove(["."], config())
    assert len(ledger.load(here)) == 2


def test_a_ledger_that_was_changed_by_hand_is_an_error(here: Path) -> None:
    put(HEAD + FINE)
    project.prove(["."], config())
    path = next((here / ledger.FOLDER).glob("*.json"))
    document = json.loads(path.read_text("utf-8"))
    del document["proof"]
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(SqlportError, match=path.name):
        project.prove(["."], config())


def test_fix_with_proof_writes_what_is_the_same_and_holds_the_rest_back() -> None:
    path = put(HEAD + FINE + ORDERED)
    report = project.fix(["."], config(), write=True, prove=True)
    text = path.read_text("utf-8")
    assert "coalesce(nick, name) FROM" in text
    assert "ifnull(nick, name) AS n" in text
    (held,) = [each for each in report.findings if each.fix and each.fix.reason]
    assert held.fix is not None
    assert held.fix.reason.startswith("differs: order")


def test_fix_without_changes_needs_no_proof() -> None:
    put(HEAD + "db.execute('SELECT name FROM users')\n")
    report = project.fix(["."], config(), prove=True)
    assert report.proofs == {}
    assert report.exit_code == 0


def test_no_server_is_an_error() -> None:
    put(HEAD + FINE)
    nowhere = config(postgres="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(SqlportError, match=r"127\.0\.0\.1"):
        project.prove(["."], nowhere)


def test_statements_that_are_postgresqls_already_are_left_alone() -> None:
    put("import psycopg\ndb = psycopg.connect('')\ndb.execute('SELECT 1')\n")
    report = project.prove(["."], config())
    assert [each.reason.partition(":")[0] for each in report.proofs.values()] == ["postgres"]
    assert report.proof_exit_code(strict=True) == 0


def test_what_only_postgresql_refuses_with_a_stand_in_is_left_open() -> None:
    put(HEAD + "def find(field):\n    return db.execute(f'SELECT id FROM users WHERE ({field} REGEXP ?)', ('x',))\n")
    found = proof(project.prove(["."], config()), "REGEXP")
    assert found.kind == "unproven"
    assert found.reason.startswith(("hole", "manual-left"))
