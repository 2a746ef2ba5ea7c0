"""Programs that support several engines: which statement runs on which."""

from __future__ import annotations

import pytest

from sqlport.project import fix
from sqlport.settings import load
from tests.hosts.support import found

BOTH = "def f(self, conn, engine):\n  if {test}:\n    conn.execute('SELECT 1')\n  else:\n    conn.execute('SELECT 2')\n"


@pytest.mark.parametrize(
    "test",
    [
        "self.engine == 'postgres'",
        "'postgresql' == engine",
        "engine in ('postgres', 'postgresql')",
        "url.startswith('postgres')",
        "url.startswith(('postgres://', 'postgresql://'))",
        "engine != 'sqlite'",
        "not engine == 'sqlite'",
        "self.is_postgres()",
        "USE_POSTGRES",
        "isinstance(self.engine, PostgresEngine)",
        "self.kind is Dialect.POSTGRES",
        "settings['default']['ENGINE'] == 'django.db.backends.postgresql'",
        "not self.is_sqlite",
    ],
)
def test_the_branch_for_postgres_is_postgres_and_the_other_is_not_ported(test: str) -> None:
    first, second = found(BOTH.format(test=test), header="").statements
    assert (first.dialect, first.branch) == ("postgres", "")
    assert (second.dialect, second.branch) == ("sqlite", "sqlite")


@pytest.mark.parametrize(
    "test",
    [
        "table == 'sqlite_master'",
        "engine == kind",
        "engine",
        "sqlite3",
        "self.pg",
        "sqlite_version > (3, 35)",
        "self.sqlite_path == 'x'",
        "'sqlite' == 'sqlite'",
        "engine > 'postgres'",
        "name.startswith('pg_')",
        "isinstance(conn, sqlite3.Connection) or True",
        "engine in ('postgres', 'sqlite')",
        "self.is_open()",
    ],
)
def test_other_tests_say_nothing(test: str) -> None:
    statements = found(BOTH.format(test=test)).statements
    assert [(one.dialect, one.branch) for one in statements] == [("sqlite", "")] * 2


def test_what_only_one_branch_of_a_joined_test_tells() -> None:
    first, second = found(BOTH.format(test="engine == 'postgres' and ready")).statements
    assert [(one.dialect, one.branch) for one in (first, second)] == [("postgres", ""), ("sqlite", "")]
    first, second = found(BOTH.format(test="engine == 'postgres' or ready")).statements
    assert [(one.dialect, one.branch) for one in (first, second)] == [("sqlite", ""), ("sqlite", "sqlite")]


def test_texts_of_branches_that_one_call_runs() -> None:
    source = "def f(conn, engine):\n  if engine == 'postgres':\n    q = 'SELECT 1'\n  else:\n    q = 'SELECT 2'\n"
    first, second = found(source + "  conn.execute(q)", header="").statements
    assert (first.sql, first.dialect, first.branch) == ("SELECT 1", "postgres", "")
    assert (second.sql, second.dialect, second.branch) == ("SELECT 2", "sqlite", "sqlite")


def test_conditional_texts() -> None:
    first, second = found("conn.execute('SELECT 1' if pg_engine == 'pg' else 'SELECT 2')", header="").statements
    assert (first.branch, second.branch) == ("", "sqlite")


def test_a_chain_of_tests() -> None:
    source = (
        "def f(conn, e):\n  if e == 'mysql':\n    conn.execute('SELECT 1')\n  elif e == 'postgres':\n"
        "    conn.execute('SELECT 2')\n    return\n  else:\n    conn.execute('SELECT 3')\n  conn.execute('SELECT 4')"
    )
    statements = found(source, header="").statements
    assert [one.branch for one in statements] == ["other", "", "sqlite", ""]


def test_what_is_behind_a_branch_that_returns() -> None:
    source = "def f(conn, e):\n  if e == 'postgres':\n    return\n  conn.execute('SELECT 1')\ndef g(conn):\n"
    first, second = found(source + "  conn.execute('SELECT 2')", header="").statements
    assert (first.branch, second.branch) == ("sqlite", "")


def test_a_text_of_both_branches_is_of_none() -> None:
    source = (
        "def f(conn, e):\n  q = 'SELECT 1'\n  if e == 'postgres':\n    x = 1\n  else:\n    x = 2\n  conn.execute(q)"
    )
    (statement,) = found(source, header="").statements
    assert statement.branch == ""


def test_the_configuration_has_the_last_word() -> None:
    first, second = found(BOTH.format(test="engine == 'postgres'"), dialect="sqlite").statements
    assert [(one.dialect, one.branch) for one in (first, second)] == [("sqlite", "")] * 2


def test_the_branch_for_sqlite_is_left_as_it_is(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(
        "def f(conn, e):\n  conn.execute('SELECT ifnull(1, 2)')\n  if e == 'postgres':\n"
        "    conn.execute('SELECT coalesce(3, 4)')\n  else:\n    conn.execute('SELECT ifnull(3, 4)')\n"
    )
    report = fix(["."], load(["."], isolated=True))
    (diff,) = report.diffs.values()
    assert "coalesce(1, 2)" in diff[1]
    assert "ifnull(3, 4)" in diff[1]
    reasons = {one.sql: report.verdicts[one.id].reason for one in report.statements}
    assert reasons["SELECT ifnull(3, 4)"] == "branch"
