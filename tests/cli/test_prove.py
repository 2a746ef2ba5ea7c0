"""`sqlport prove` as a user runs it: formats, options, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import SCHEMA, SQLITE, Run

LIKE = SQLITE.replace("WHERE id = 1", "WHERE name LIKE 'a%'")


def put(project: Path, source: str = SQLITE) -> None:
    (project / "app.py").write_text(source, "utf-8")
    (project / "schema.sql").write_text(SCHEMA, "utf-8")


def test_what_answers_the_same_is_said_and_exits_0(project: Path, run: Run) -> None:
    put(project)
    result = run("prove", ".")
    assert result.exit_code == 0, result.output
    assert "Same: 2." in result.stdout
    assert "Differ: 0." in result.stdout


def test_a_difference_is_shown_with_both_answers_and_a_script_and_exits_1(project: Path, run: Run) -> None:
    put(project, LIKE)
    result = run("prove", "--ignore", "PAT001", ".")
    assert result.exit_code == 1
    for part in ("differs: rows", "SQLite:", "PostgreSQL:", "sqlite3 :memory:", "psql -X", "Differ: 1 (1 rows)."):
        assert part in result.stdout, part


def test_json_is_verdicts_with_proof_and_difference(project: Path, run: Run) -> None:
    put(project, LIKE)
    rows = json.loads(run("prove", "--ignore", "PAT001", "--format", "json", ".").stdout)
    (row,) = [row for row in rows if row["path"] == "app.py"]
    assert {"statement_id", "path", "line", "sql", "ported", "verdict", "reason", "sqlstate", "server"} <= row.keys()
    assert (row["verdict"], row["proof"]) == ("verified", "differs")
    assert row["reason"].startswith("rows: ")
    assert set(row["difference"]) == {"aspect", "summary", "sqlite", "postgres", "parameters", "script"}
    (table,) = [row for row in rows if row["path"] == "schema.sql"]
    assert (table["proof"], table["difference"]) == ("same", None)


def test_markdown_is_a_page_for_a_pull_request(project: Path, run: Run) -> None:
    put(project, LIKE)
    page = run("prove", "--ignore", "PAT001", "--format", "markdown", ".").stdout
    assert page.startswith("# Proof: ")
    assert "## app.py:6" in page
    assert "```sh" in page


def test_unproven_alone_exits_0_and_with_strict_1(project: Path, run: Run) -> None:
    put(project, SQLITE.replace("WHERE id = 1", "WHERE id > 5 AND id < 3"))
    assert run("prove", ".").exit_code == 0
    assert run("prove", "--strict", ".").exit_code == 1


def test_runs_and_seed_are_options_and_settings(project: Path, run: Run) -> None:
    put(project)
    (project / "sqlport.toml").write_text("[prove]\nruns = 3\n", "utf-8")
    rows = json.loads(run("prove", "--format", "json", ".").stdout)
    assert {row["runs"] for row in rows} == {3}
    rows = json.loads(run("prove", "--runs", "1", "--seed", "9", "--format", "json", ".").stdout)
    assert {row["runs"] for row in rows} == {1}
    assert run("prove", "--runs", "0", ".").exit_code == 2


def test_unsafe_fixes_are_proven_on_request(project: Path, run: Run) -> None:
    put(project, SQLITE.replace("SELECT ifnull(name, '-')", "SELECT 0.1 + 0.2"))
    assert run("prove", ".").exit_code == 1
    result = run("prove", "--unsafe", ".")
    assert "Differ: 0." in result.stdout, result.stdout


def test_fix_writes_with_prove_what_is_the_same(project: Path, run: Run) -> None:
    put(project)
    result = run("fix", "--prove", "--write", "--select", "FNC001", ".")
    assert result.exit_code == 0, result.output
    assert "coalesce" in (project / "app.py").read_text("utf-8")


def test_no_server_is_exit_code_2(project: Path, run: Run) -> None:
    put(project)
    assert run("prove", "--postgres", "postgresql://nobody@127.0.0.1:1/none", ".").exit_code == 2
