"""--since keeps the findings in lines that were changed, as git sees them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sqlport.cli.since import changed_lines
from sqlport.model import SqlportError
from tests.cli.conftest import Run

OLD = "SELECT ifnull(old, 1);\n"
NEW = "SELECT ifnull(new, 1);\n"


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(project: Path) -> Path:
    git("init", "-q", "-b", "main")
    (project / "a.sql").write_text(OLD * 5)
    (project / "dir").mkdir()
    (project / "dir" / "ü b.sql").write_text(OLD * 3)
    git("add", ".")
    git("commit", "-qm", "first")
    return project


def found(run: Run, *arguments: str) -> list[str]:
    result = run("check", "--select", "FNC001", "--format", "concise", *arguments)
    return [line.split(": ")[0] for line in result.stdout.splitlines() if "FNC001" in line]


def test_nothing_changed_is_nothing_found(run: Run, repository: Path) -> None:
    assert found(run, "--since", "HEAD") == []
    assert run("check", "--since", "HEAD").exit_code == 0
    assert run("check").exit_code == 1


def test_only_changed_lines_count(run: Run, repository: Path) -> None:
    (repository / "a.sql").write_text(OLD * 2 + NEW + OLD * 3)
    assert found(run, "--since", "HEAD") == ["a.sql:3:8"]


def test_a_deleted_line_is_no_change_of_its_neighbours(run: Run, repository: Path) -> None:
    (repository / "a.sql").write_text(OLD * 4)
    assert found(run, "--since", "HEAD") == []


def test_a_new_file_counts_throughout_and_an_ignored_one_does_not(run: Run, repository: Path) -> None:
    (repository / "new.sql").write_text(OLD * 2)
    (repository / "ignored.sql").write_text(OLD)
    (repository / ".gitignore").write_text("ignored.sql\n")
    assert found(run, "--since", "HEAD") == ["new.sql:1:8", "new.sql:2:8"]


def test_staged_and_committed_changes_count(run: Run, repository: Path) -> None:
    git("checkout", "-qb", "topic")
    (repository / "a.sql").write_text(NEW + OLD * 4)
    git("commit", "-qam", "second")
    (repository / "dir" / "ü b.sql").write_text(OLD * 3 + NEW)
    git("add", ".")
    assert sorted(found(run, "--since", "main")) == ["a.sql:1:8", "dir/ü b.sql:4:8"]


def test_what_the_other_branch_changed_meanwhile_is_not_ours(run: Run, repository: Path) -> None:
    git("checkout", "-qb", "topic")
    git("checkout", "-q", "main")
    (repository / "a.sql").write_text(OLD * 4)
    git("commit", "-qam", "on main")
    git("checkout", "-q", "topic")
    assert found(run, "--since", "main") == []


def test_it_works_from_a_folder_below(run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "dir" / "ü b.sql").write_text(OLD + NEW + OLD * 2)
    monkeypatch.chdir(repository / "dir")
    assert found(run, "--since", "HEAD") == ["ü b.sql:2:8"]
    (repository / "a.sql").write_text(NEW + OLD * 5)
    assert len(found(run, "--since", "HEAD", "..")) == 2


def test_settings_of_the_user_do_not_change_what_git_says(repository: Path) -> None:
    git("config", "diff.noprefix", "true")
    git("config", "diff.mnemonicPrefix", "true")
    git("config", "color.ui", "always")
    (repository / "a.sql").write_text(NEW + OLD * 5)
    assert changed_lines("HEAD") == {"a.sql": [range(1, 2)]}


@pytest.mark.parametrize("ref", ["nonsense", "--output=x", "HEAD:a.sql", ""])
def test_what_is_no_commit_is_an_error(repository: Path, ref: str) -> None:
    with pytest.raises(SqlportError, match="--since"):
        changed_lines(ref)
    assert not (repository / "x").exists()


def test_outside_a_repository_is_an_error(project: Path) -> None:
    with pytest.raises(SqlportError, match="git"):
        changed_lines("HEAD")
