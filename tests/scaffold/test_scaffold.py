"""What `sqlport init` adds to a project, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sqlport.cli import main
from sqlport.engines.server import Server


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "db.py").write_text(
        "import sqlite3\n\n\ndef names(connection: sqlite3.Connection, name):\n"
        "    connection.execute('REINDEX')\n"
        "    connection.execute('VACUUM INTO ?', (name,))\n"
        "    return connection.execute('SELECT ifnull(name, 1.0) FROM product').fetchall()\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", "--isolated", *arguments])


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.relative_to(folder).parts[0] != ".sqlport"
    }


def test_without_write_it_shows_the_diff_and_writes_nothing(project: Path) -> None:
    before = _files(project)
    result = _init()
    assert result.exit_code == 1
    assert _files(project) == before
    for path in ("shop/postgres.py", "docker-compose.test.yml", "tests/conftest.py", "docs/postgres/migration.md"):
        assert f"--- /dev/null\n+++ b/{path}\n" in result.stdout


def test_the_diff_is_what_write_writes(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shown = _init().stdout
    assert _init("--write").exit_code == 0
    written = _files(project)
    other = tmp_path_factory.mktemp("other")
    (other / "shop").mkdir()
    for name in ("__init__.py", "db.py"):
        (other / "shop" / name).write_text((project / "shop" / name).read_text())
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)
    subprocess.run(["git", "apply"], cwd=other, input=shown, text=True, check=True)
    del written["shop/__init__.py"], written["shop/db.py"]
    for path, text in written.items():
        assert (other / path).read_text() == text


def test_what_is_there_is_never_replaced(project: Path) -> None:
    own = {
        "shop/postgres.py": "mine = 1\n",
        "docker-compose.test.yml": "services: {}\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "postgres.mk": "all:\n",
    }
    for path, text in own.items():
        (project / path).write_text(text)
    result = _init("--write")
    assert {path: (project / path).read_text() for path in own} == own
    assert "shop/postgres.py is there and stays as it is" in result.stderr
    assert ".pre-commit-config.yaml is there: add the hook" in result.stderr


def test_lines_are_added_at_the_end_of_files_and_once(project: Path) -> None:
    (project / "Makefile").write_text("all:\n\ttrue")
    (project / "tests").mkdir()
    (project / "tests" / "__init__.py").write_text("")
    (project / "tests" / "conftest.py").write_text("import os\n")
    (project / "requirements.txt").write_text("Tenacity==9.1\npsycopg-pool\nflask\n")
    _init("--write")
    once = _files(project)
    assert once["Makefile"] == "all:\n\ttrue\ninclude postgres.mk\n"
    assert once["tests/conftest.py"].startswith("import os\nfrom .postgres_fixtures import database, ")
    assert once["requirements.txt"] == "Tenacity==9.1\npsycopg-pool\nflask\npsycopg[binary]>=3.2.12\n"
    assert _init("--write").exit_code == 0
    assert _files(project) == once


def test_several_requirements_are_added_to_one_file(project: Path) -> None:
    (project / "requirements.txt").write_text("flask")
    _init("--write")
    lines = (project / "requirements.txt").read_text().splitlines()
    assert lines == ["flask", "psycopg[binary]>=3.2.12", "psycopg_pool>=3.2.6", "tenacity>=9.0"]


def test_pyproject_is_the_users_own(project: Path) -> None:
    text = '[project]\nname = "shop"\ndependencies = ["tenacity"]\n'
    (project / "pyproject.toml").write_text(text)
    result = _init("--write")
    assert 'add "psycopg[binary]>=3.2.12", "psycopg_pool>=3.2.6" to the dependencies' in result.stderr
    assert (project / "pyproject.toml").read_text() == text


def test_the_module_speaks_asyncio_where_the_code_does(project: Path) -> None:
    (project / "shop" / "db.py").write_text("import aiosqlite\n")
    _init("--write")
    assert "AsyncConnectionPool" in (project / "shop" / "postgres.py").read_text()


def test_a_package_that_is_no_folder_is_an_error(project: Path) -> None:
    result = _init("--package", "shopp")
    assert result.exit_code == 2
    assert "shopp: no folder of that name" in result.stderr


def test_the_guides_name_what_this_code_base_has(project: Path) -> None:
    _init("--write")
    guides = {path.name: path.read_text() for path in (project / "docs" / "postgres").iterdir()}
    assert "| FNC001 ifnull | rejected | 1 |" in guides["migration.md"]
    assert "## By hand" in guides["migration.md"]
    assert "`shop/db.py:6`" in guides["migration.md"]
    assert "### ifnull (FNC001)" in guides["troubleshooting.md"]
    assert "insert-or-ignore" not in "".join(guides.values())
    assert "shop/postgres.py" in guides["configuration.md"]


def test_code_that_needs_nothing_gets_a_guide_that_says_so(project: Path) -> None:
    (project / "shop" / "db.py").write_text("")
    assert _init("--write").exit_code == 0
    assert "Nothing that sqlport knows of." in (project / "docs" / "postgres" / "migration.md").read_text()


def test_what_is_added_needs_no_porting(project: Path) -> None:
    (project / "shop" / "db.py").write_text("")
    _init("--write")
    result = CliRunner().invoke(main, ["check", "--isolated", "."])
    assert result.exit_code == 0, result.output


def test_each_test_of_the_project_has_a_clean_database(project: Path, server: Server) -> None:
    _init("--write")
    (project / "migrations").mkdir()
    (project / "migrations" / "001_initial_schema.up.sql").write_text("CREATE TABLE product (name text);\n")
    (project / "migrations" / "001_initial_schema.down.sql").write_text("DROP TABLE product;\n")
    (project / "tests" / "test_products.py").write_text(
        "import os\n\nimport pytest\n\nfrom shop import postgres\n\n\n"
        "@pytest.mark.parametrize('name', ['lamp', 'chair', 'table'])\n"
        "def test_product(database, name):\n"
        "    assert os.environ['DATABASE_URL'] == database\n"
        "    with postgres.connection() as connection:\n"
        "        connection.execute('INSERT INTO product VALUES (%s)', (name,))\n"
        "    with postgres.connection() as connection:\n"
        "        assert connection.execute('SELECT name FROM product').fetchall() == [(name,)]\n"
        "    postgres.close()\n"
    )
    with server.database() as name, server.connect(name) as connection:
        environment = {**os.environ, "DATABASE_URL": server.database_url(name), "PYTHONPATH": str(project)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(project), "tests"]
        run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert "3 passed" in run.stdout, run.stdout + run.stderr
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
        assert left == []


def test_without_a_server_the_fixture_says_what_to_do(project: Path) -> None:
    _init("--write")
    (project / "tests" / "test_products.py").write_text("def test_product(database):\n    pass\n")
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(project), "tests"]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "sqlport postgres run -- pytest" in run.stdout
