"""The example applications: their own tests pass, and sqlport makes of them what a maintainer has read and accepted.

`SQLPORT_UPDATE=1` writes the golden files anew; the diff of that has to be read, not only committed.
"""

from __future__ import annotations

import difflib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sqlport.engines.server import Server

ROOT = Path(__file__).parent.parent
APPS = ROOT / "fixtures" / "apps"
NAMES = ("shop", "bot", "ledger", "migrations")
ON_POSTGRESQL = ("shop", "bot", "ledger")
"""Those whose tests run on PostgreSQL after the port; `migrations` has only SQL."""
BY_HAND = {
    "bot": (
        (
            "bot/storage.py",
            '"guild" INTEGER NOT NULL,\n    [author]',
            'id INTEGER PRIMARY KEY,\n    "guild" INTEGER NOT NULL,\n    [author]',
        ),
        ("bot/storage.py", "INSERT INTO quote VALUES", "INSERT INTO quote (guild, author, text) VALUES"),
        ("bot/storage.py", "ORDER BY rowid", "ORDER BY id"),
    ),
    "ledger": (
        (
            "ledger/settings.py",
            'DATABASE_URL = "sqlite:///:memory:"',
            'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")',
        ),
    ),
}
"""What sqlport lists as manual, done before the port: ROW001 (a rowid that no column has) and SQP007 (the URL)."""
HELPERS = {"shop": {"postgres.py"}, "bot": {"postgres.py", "postgres_async.py"}, "migrations": {"postgres.py"}}
"""The modules that come into an application, which are those of sqlport/driver/helpers: no golden file repeats them."""
UPDATE = os.environ.get("SQLPORT_UPDATE") == "1"
FINDINGS_LEFT = 1


@dataclass(frozen=True)
class Run:
    """What sqlport did to a copy of `before`: `safe` and `unsafe` are the copies afterwards."""

    name: str
    before: Path
    safe: Path
    unsafe: Path


def sqlport(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a user starts it in `folder`. Asserts that it did what was asked (exit 0 or 1)."""
    done = subprocess.run(
        [sys.executable, "-c", "from sqlport.cli import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, FINDINGS_LEFT), f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def copy(source: Path, target: Path) -> Path:
    """A copy without what a test run leaves behind."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    return target


def texts(folder: Path) -> dict[str, bytes]:
    """By path below `folder`, what the files hold."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def diff(old: Path, new: Path, *, without: Collection[str] = ()) -> str:
    """What changed between two folders, as a maintainer reads it, but for files with names among `without`."""
    before, after = texts(old), texts(new)
    out: list[str] = []
    for path in sorted(path for path in before.keys() | after.keys() if Path(path).name not in without):
        sides = [side.get(path, b"").decode().splitlines(keepends=True) for side in (before, after)]
        out += difflib.unified_diff(sides[0], sides[1], path, path)
    return "".join(out)


@pytest.fixture(scope="module", params=NAMES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One application, ported twice: with the safe fixes, and with the unsafe ones as well."""
    name = str(request.param)
    work = tmp_path_factory.mktemp(name)
    before = copy(APPS / name / "before", work / "before")
    safe, unsafe = copy(before, work / "safe"), copy(before, work / "unsafe")
    sqlport(safe, "fix", "--write", ".")
    sqlport(unsafe, "fix", "--write", "--unsafe", ".")
    yield Run(name, before, safe, unsafe)


@pytest.mark.parametrize("name", NAMES)
def test_the_application_passes_its_own_tests_on_sqlite(name: str, tmp_path: Path) -> None:
    folder = copy(APPS / name / "before", tmp_path / name)
    done = own_tests(folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_the_ported_application_passes_its_own_tests_on_postgresql(name: str, server: Server, tmp_path: Path) -> None:
    folder = copy(APPS / name / "before", tmp_path / name)
    for path, old, new in BY_HAND.get(name, ()):
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new), encoding="utf-8")
    with server.database() as name_of_database:
        url = server.database_url(name_of_database)
        schema = tmp_path / "schema"
        sqlport(folder, "schema", "port", ".", "--out", str(schema))
        assert sqlport(folder, "schema", "apply", str(schema), url).returncode == 0
        sqlport(folder, "fix", "--write", "--unsafe", ".")
        sources = [path for path in folder.rglob("*.py") if not path.name.startswith("postgres")]
        assert not [
            path for path in sources if re.search(r"\b(import|from) (aio)?sqlite|sqlite3?\.", path.read_text("utf-8"))
        ]
        done = own_tests(folder, DATABASE_URL=url)
    assert done.returncode == 0, done.stdout + done.stderr


def own_tests(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The application's own tests, run in its folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "tests"],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_safe_fixes_are_the_accepted_ones(run: Run) -> None:
    golden = APPS / run.name / "after"
    if UPDATE:
        shutil.rmtree(golden, ignore_errors=True)
        copy(run.safe, golden)
    assert diff(golden, run.safe) == ""
    assert texts(golden).keys() == texts(run.before).keys()


def test_the_unsafe_fixes_are_the_accepted_ones(run: Run) -> None:
    golden = APPS / run.name / "unsafe.diff"
    found = diff(run.safe, run.unsafe, without=HELPERS.get(run.name, set()))
    if UPDATE:
        golden.write_text(found, encoding="utf-8", newline="\n")
    assert {path.name for path in run.unsafe.rglob("postgres*.py")} == HELPERS.get(run.name, set())
    assert found == golden.read_text(encoding="utf-8")


def test_the_findings_are_the_accepted_ones(run: Run) -> None:
    golden = APPS / run.name / "findings.json"
    done = sqlport(run.before, "check", "--format", "json", ".")
    found = [_short(finding) for finding in json.loads(done.stdout)["findings"]]
    assert done.returncode == (FINDINGS_LEFT if found else 0)
    if UPDATE:
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


def _short(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding without what changes with every edit of the application, and without its edits (see `after`)."""
    short = {key: finding[key] for key in ("path", "line", "column", "code", "name", "effect", "message")}
    return short | {"fix": finding["fix"] and finding["fix"]["applicability"]}


def test_a_second_run_changes_nothing(run: Run) -> None:
    for folder, options in ((run.safe, ()), (run.unsafe, ("--unsafe",))):
        held = texts(folder)
        sqlport(folder, "fix", "--write", *options, ".")
        assert texts(folder) == held


def test_what_is_shown_is_what_is_written(run: Run, tmp_path: Path) -> None:
    folder = copy(run.before, tmp_path / "shown")
    done = sqlport(folder, "fix", ".")
    assert texts(folder) == texts(run.before)
    shown = {line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")}
    written = {line for line in diff(run.before, run.safe).splitlines() if line[:1] in "+-"}
    assert {line for line in written if line[:3] not in ("+++", "---")} <= shown


def test_only_string_literals_of_python_files_change(run: Run) -> None:
    for folder in (run.safe,):
        after = texts(folder)
        for path, data in texts(run.before).items():
            if path.endswith(".py"):
                compile(after[path], path, "exec")
                assert _outside_strings(after[path]) == _outside_strings(data), path


def _outside_strings(data: bytes) -> list[tuple[int, str]]:
    """All tokens of a Python file, comments and line breaks included, but the text inside strings."""
    inside = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1), getattr(tokenize, "TSTRING_MIDDLE", -1)}
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    return [(token.type, token.string) for token in tokens if token.type not in inside]


def test_calls_whose_parameters_stay_keep_their_placeholders(run: Run) -> None:
    expected = _placeholders(run.before)
    found = _placeholders(run.safe)
    assert {call: marks for call, marks in found.items() if marks != expected.get(call)} == {}


def _placeholders(folder: Path) -> dict[tuple[str, int, int], list[str]]:
    """By call and alternative, the placeholders of its statements in order."""
    found: dict[tuple[str, int, int], list[str]] = {}
    for item in json.loads(sqlport(folder, "extract", "--format", "json", ".").stdout):
        if item["host"] == "python":
            code = re.sub(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", "", item["sql"], flags=re.DOTALL)
            marks = re.findall(r"\?\d*|(?<!:):[a-z]\w*", code)
            found.setdefault((item["path"], item["sink_line"], item["alternative"]), []).extend(marks)
    return found


def test_lines_without_a_statement_are_untouched(run: Run) -> None:
    extracted = json.loads(sqlport(run.before, "extract", "--format", "json", ".").stdout)
    written = {(item["path"], line) for item in extracted for line in range(item["line"], item["end_line"] + 1)}
    for folder in (run.safe,):
        after = texts(folder)
        for path, data in texts(run.before).items():
            old, new = (side.decode().splitlines(keepends=True) for side in (data, after[path]))
            changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            touched = {(path, line) for kind, a, b, _, _ in changes if kind != "equal" for line in range(a + 1, b + 1)}
            assert touched <= written, sorted(touched - written)


def test_line_ends_and_byte_order_mark_survive(tmp_path: Path) -> None:
    folder = copy(APPS / "shop" / "before", tmp_path / "shop")
    golden = APPS / "shop" / "after"
    for path in folder.rglob("*"):
        if path.suffix in (".py", ".sql"):
            path.write_bytes(_windows(path.read_bytes()))
    sqlport(folder, "fix", "--write", ".")
    assert texts(folder) == {path: _windows(data) for path, data in texts(golden).items()}


def _windows(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")


def test_the_readme_shows_what_really_happens() -> None:
    shop = APPS / "shop"
    example = (ROOT / "README.md").read_text(encoding="utf-8").partition("```console\n")[2].partition("```")[0]
    shown = [line for line in example.splitlines() if line.startswith(("-", "+", "@@"))]
    real = diff(shop / "before", shop / "after").splitlines()
    assert shown
    assert [line for line in shown if line not in real] == []
