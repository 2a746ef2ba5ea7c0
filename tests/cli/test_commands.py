"""Commands from end to end on small files: what they say and what they leave behind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PORTABLE, SCHEMA, SQLITE, Run

PORTED = SQLITE.replace("ifnull", "coalesce")


@pytest.fixture(autouse=True)
def sqlite_code(project: Path) -> None:
    (project / "a.py").write_text(SQLITE)
    (project / "schema.sql").write_text(SCHEMA)


def test_fix_prints_a_diff_that_git_applies_and_writes_nothing(run: Run, project: Path) -> None:
    result = run("fix", "a.py", "--schema", "schema.sql", "--select", "FNC001")
    assert result.exit_code == 1
    assert (project / "a.py").read_text() == SQLITE
    assert result.stdout.startswith("--- a/a.py\n+++ b/a.py\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "apply", "-"], cwd=project, input=result.stdout.encode(), check=True)
    assert (project / "a.py").read_text() == PORTED


def test_fix_writes_what_postgresql_confirms_and_then_nothing_is_left(run: Run, project: Path) -> None:
    arguments = ("fix", "a.py", "--schema", "schema.sql", "--select", "FNC001", "--write")
    first = run(*arguments)
    assert (first.exit_code, (project / "a.py").read_text()) == (0, PORTED), first.output
    assert "Written: 1 file." in first.stdout
    assert "PostgreSQL 18" in first.stdout
    second = run(*arguments)
    assert (second.exit_code, (project / "a.py").read_text()) == (0, PORTED)
    assert "Written" not in second.stdout


def test_fix_does_not_write_what_could_not_be_verified_unless_told(run: Run, project: Path) -> None:
    result = run("fix", "a.py", "--select", "FNC001", "--write")
    assert result.exit_code == 1
    assert (project / "a.py").read_text() == SQLITE
    assert "--schema" in result.output
    assert run("fix", "a.py", "--select", "FNC001", "--write-unverified", "--strict").exit_code == 1
    told = run("fix", "a.py", "--select", "FNC001", "--write", "--write-unverified")
    assert (told.exit_code, (project / "a.py").read_text()) == (0, PORTED)


def test_verify_shows_every_statement_with_its_verdict(run: Run) -> None:
    result = run("verify", "--schema", "schema.sql")
    assert result.exit_code == 0, result.output
    assert "a.py:6" in result.stdout
    assert "coalesce" in result.stdout
    assert "verified" in result.stdout
    assert "PostgreSQL 18" in result.stdout
    rows = json.loads(run("verify", "--schema", "schema.sql", "--format", "json").stdout)
    assert {"path", "line", "sql", "ported", "verdict", "sqlstate", "message"} <= set(rows[0])
    (row,) = [row for row in rows if row["path"] == "a.py"]
    assert (row["line"], row["verdict"], row["server"]["major"]) == (6, "verified", 18)


def test_verify_is_1_when_postgresql_rejects_a_statement(run: Run, project: Path) -> None:
    (project / "a.py").write_text(PORTABLE.replace("sqlite3", "psycopg").replace("SELECT name", "SELECT ifnull(name)"))
    result = run("verify", "--schema", "schema.sql")
    assert result.exit_code == 1
    assert "42883" in result.stdout


def test_verify_of_an_unknown_table_is_0_with_a_count_and_1_if_strict(run: Run, project: Path) -> None:
    (project / "schema.sql").unlink()
    result = run("verify")
    assert result.exit_code == 0, result.output
    assert "1 unverified" in result.stdout
    assert "Tables of 1 statement are not known: name them with --sqlite FILE or --schema PATH." in result.stdout
    assert run("verify", "--strict").exit_code == 1


def test_verify_locked_judges_by_the_ledger_and_a_stale_one_is_1(run: Run, project: Path) -> None:
    assert run("verify", "--schema", "schema.sql", "--locked").exit_code == 1
    assert run("verify", "--schema", "schema.sql").exit_code == 0
    locked = run("verify", "--schema", "schema.sql", "--locked")
    assert locked.exit_code == 0, locked.output
    (project / "a.py").write_text(SQLITE.replace("'-'", "'+'"))
    assert run("verify", "--schema", "schema.sql", "--locked").exit_code == 1


def test_fix_says_what_the_diff_does_and_what_it_leaves(run: Run, project: Path) -> None:
    (project / "b.py").write_text("import sqlite3\ndef f(con: sqlite3.Connection, q):\n    con.execute(q)\n")
    result = run("fix", "a.py", "b.py", "--schema", "schema.sql", "--select", "FNC001")
    assert "The diff ports 1 of 2 findings; --write applies it." in result.stderr
    assert "b.py:3:" in result.stderr
    assert "SQP001" not in result.stdout


def test_fix_with_json_has_findings_and_diffs(run: Run) -> None:
    content = json.loads(run("fix", "a.py", "--schema", "schema.sql", "--select", "FNC001", "--format", "json").stdout)
    (diff,) = content["diffs"]
    assert (diff["path"], diff["written"]) == ("a.py", False)
    assert content["summary"]["exit_code"] == 1


def test_extract_lists_what_it_found(run: Run, project: Path) -> None:
    (project / "b.py").write_text(
        "import sqlite3\ndef f(con: sqlite3.Connection, table):\n    con.execute(f'SELECT * FROM {table}')\n"
    )
    rows = json.loads(run("extract", "--format", "json").stdout)
    (row,) = [row for row in rows if row["path"] == "b.py"]
    assert row["sql"] == "SELECT * FROM {table}"
    assert (row["line"], row["host"]) == (3, "python")
    assert row["holes"][0]["name"] == "table"
    text = run("extract").stdout
    assert "b.py:3:" in text
    assert "SELECT * FROM {table}" in text


def test_a_baseline_lets_pass_what_was_there_and_nothing_new(run: Run, project: Path) -> None:
    written = run("check", "--write-baseline", "known.json")
    assert (written.exit_code, written.stdout) == (0, "")
    assert "will pass" in written.stderr
    passed = run("check", "--baseline", "known.json")
    assert passed.exit_code == 0, passed.output
    assert "let pass" in passed.stdout
    (project / "a.py").write_text("import os\n\n" + SQLITE + '    con.execute("SELECT ifnull(1, 2)")\n')
    assert run("check", "--baseline", "known.json").exit_code == 1


def test_a_baseline_of_the_settings_counts_and_stale_entries_are_told(run: Run, project: Path) -> None:
    run("check", "--write-baseline", "known.json")
    (project / "sqlport.toml").write_text('baseline = "known.json"\n')
    assert run("check").exit_code == 0
    (project / "a.py").write_text(PORTABLE)
    result = run("check")
    assert result.exit_code == 0
    assert "stale" in result.stdout
    assert run("check", "--write-baseline", "known.json").exit_code == 0
    assert "stale" not in run("check").stdout


def test_a_baseline_is_the_same_from_another_folder(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("check", "--write-baseline", "known.json")
    (project / "sqlport.toml").write_text('baseline = "known.json"\n')
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    assert run("check", "..").exit_code == 0


def test_standard_input_is_checked_under_its_name(run: Run) -> None:
    result = run("check", "-", "--format", "concise", data=SQLITE)
    assert result.exit_code == 1
    assert "stdin.py:6:" in result.stdout
    named = run("check", "-", "--stdin-filename", "x/y.sql", "--format", "concise", data="SELECT ifnull(1, 2);\n")
    assert "x/y.sql:1:" in named.stdout
    assert run("check", "-", data="").exit_code == 0


def test_a_suppressed_finding_is_gone_and_an_unused_comment_told(run: Run, project: Path) -> None:
    line = SQLITE.splitlines()[5]
    (project / "a.py").write_text(SQLITE.replace(line, line + "  # sqlport: ignore[FNC001] -- known"))
    assert "FNC001" not in run("check", "--select", "FNC001", "a.py").stdout
    (project / "a.py").write_text(SQLITE.replace(line, line + "  # sqlport: ignore[UPS001] -- known"))
    result = run("check", "--format", "concise", "a.py")
    assert "FNC001" in result.stdout
    assert "SQP005" in result.stdout


def test_selections_and_folders_of_the_settings_hold(run: Run, project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "t.py").write_text(SQLITE)
    (project / "sqlport.toml").write_text('select = ["FNC"]\nper-file-ignores = {"tests/**" = ["ALL"]}\n')
    content = json.loads(run("check", "--format", "json").stdout)
    assert [(f["code"], f["path"]) for f in content["findings"]] == [("FNC001", "a.py")]
    (project / "sqlport.toml").write_text('exclude = ["a.py", "tests/"]\nselect = ["FNC"]\n')
    assert run("check").exit_code == 0


def test_rule_shows_a_page_by_code_or_name(run: Run) -> None:
    by_code, by_name = run("rule", "FNC001"), run("rule", "ifnull")
    assert by_code.stdout == by_name.stdout == run("rule", "fnc001").stdout
    assert by_code.stdout.startswith("# FNC001 ifnull\n")
    assert "## Fix safety" in by_code.stdout
    (content,) = json.loads(run("rule", "FNC001", "--format", "json").stdout)
    assert (content["code"], content["name"]) == ("FNC001", "ifnull")


def test_rule_all_lists_every_rule_once(run: Run) -> None:
    lines = run("rule", "--all").stdout.splitlines()
    assert len(lines) == len({line.split()[0] for line in lines}) > 20
    assert len(json.loads(run("rule", "--all", "--format", "json").stdout)) == len(lines)


def test_rule_knows_the_findings_without_a_rule(run: Run) -> None:
    assert run("rule", "SQP001").stdout.startswith("# SQP001 unresolved-sql\n")
    assert run("rule", "unused-suppression").exit_code == 0


def test_config_shows_values_and_where_they_came_from(run: Run, project: Path) -> None:
    (project / "sqlport.toml").write_text(
        '\nignore = ["FNC001"]\nbaseline = "b.json"\npostgres = "postgresql://me:secret@db/x"\n'
    )
    result = run("config", "--profile", "native")
    assert result.exit_code == 0, result.output
    assert 'ignore = ["FNC001"]  # sqlport.toml:2\n' in result.stdout
    assert 'profile = "native"  # command line\n' in result.stdout
    assert 'locale = ""  # default\n' in result.stdout
    assert "secret" not in result.stdout
    content = json.loads(run("config", "--format", "json").stdout)
    assert content["file"] == "sqlport.toml"
    assert content["settings"]["ignore"] == {"value": ["FNC001"], "origin": "sqlport.toml:2"}
    assert content["settings"]["baseline"]["value"] == "b.json"
    assert content["settings"]["prove"]["value"] == {"runs": 2, "seed": 0}
