"""The hooks as pre-commit runs them, in the environment that it makes: needs the package index.

Run alone with `python -m pytest tests/cli/test_pre_commit.py`; SQLPORT_OFFLINE=1 leaves it out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import PORTABLE, ROOT, SCHEMA, SQLITE

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("SQLPORT_OFFLINE")) or shutil.which("git") is None, reason="needs git and the package index"
)

Hook = Callable[..., "subprocess.CompletedProcess[str]"]
SELECT = '[tool.sqlport]\nselect = ["FNC"]\nschema = "schema.sql"\n'


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables that keep pre-commit's environments and git's identity inside the test."""
    home = tmp_path_factory.mktemp("home")
    identity = {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    return {**kept, **identity, "PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """This checkout, committed to a repository of its own, as somebody would name it in their settings."""
    copy = tmp_path_factory.mktemp("hooks") / "sqlport"
    left_out = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv", "venv", "*.egg-info", "tests")
    shutil.copytree(ROOT, copy, ignore=left_out)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=copy, env=environment, check=True)
    return copy


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A project of somebody who uses the hooks."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, env=environment, check=True)
    (tmp_path / "pyproject.toml").write_text(SELECT)
    (tmp_path / "schema.sql").write_text(SCHEMA)
    subprocess.run(["git", "add", "."], cwd=tmp_path, env=environment, check=True)
    return tmp_path


@pytest.fixture
def hook(repository: Path, hooks: Path, environment: dict[str, str]) -> Hook:
    """Stage a file and run one hook on what is staged."""

    def run(name: str, text: str) -> subprocess.CompletedProcess[str]:
        (repository / "app.py").write_text(text)
        subprocess.run(["git", "add", "."], cwd=repository, env=environment, check=True)
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), name, "--verbose", "--color", "never"]
        return subprocess.run(
            command, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    return run


def test_the_check_blocks_a_commit_that_adds_sqlite_syntax_and_lets_a_ported_one_pass(hook: Hook) -> None:
    blocked = hook("sqlport-check", SQLITE)
    assert blocked.returncode == 1, blocked.stdout + blocked.stderr
    assert "app.py:6:" in blocked.stdout
    assert "FNC001" in blocked.stdout
    passed = hook("sqlport-check", PORTABLE)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "Passed" in passed.stdout


def test_the_fix_ports_the_file_and_passes_the_second_time(hook: Hook, repository: Path) -> None:
    changed = hook("sqlport-fix", SQLITE)
    ported = (repository / "app.py").read_text()
    assert changed.returncode == 1, changed.stdout + changed.stderr
    assert "files were modified by this hook" in changed.stdout
    assert ported == SQLITE.replace("ifnull", "coalesce")
    assert hook("sqlport-fix", ported).returncode == 0
