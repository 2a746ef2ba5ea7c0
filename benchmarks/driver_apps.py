"""How many of an application's own tests that open a sqlite3 connection pass on PostgreSQL after the port.

    python -m benchmarks.driver_apps FOLDER [--source PATH] [--tests PATH ...] [--write-unverified] [--python PYTHON]

The folder is copied. Its tests run on SQLite, with each test noted that opens a connection; then
`sqlport fix --write --unsafe` ports the copy, and the tests run again on a throwaway PostgreSQL. PYTHON is an
interpreter that has the application's dependencies, pytest and psycopg.

For each test that fails on PostgreSQL only, the finding that explains it is printed: one that sqlport printed
and did not fix, about the statement or the call where the error came up (`raised`), or else about one that the
test ran (`ran`; the traceback of an assertion does not show the statement whose answer was another). A person has to
read the latter. A test without any is unexplained.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from sqlport.engines.postgres import throwaway
from sqlport.model import Applicability, Effect, Finding
from sqlport.project import fix
from sqlport.results import Report
from sqlport.settings import load

TRACER = """\
import os
import sqlite3
import sys

_current = [""]
_connect = sqlite3.connect
_here = os.getcwd() + os.sep


def _say(*words):
    with open(os.environ["SQLPORT_TRACE"], "a", encoding="utf-8") as stream:
        stream.write("\\t".join([_current[0], *words]) + "\\n")


def _traced(*arguments, **options):
    _say("connect")
    return _connect(*arguments, **options)


sqlite3.connect = sqlite3.dbapi2.connect = _traced

try:
    import psycopg
except ImportError:
    psycopg = None


def _places():
    frame = sys._getframe(2)
    while frame is not None:
        path = os.path.abspath(frame.f_code.co_filename)
        if path.startswith(_here):
            _say("ran", path[len(_here):], str(frame.f_lineno))
        frame = frame.f_back


def _watched(method):
    def run(self, *arguments, **options):
        if os.environ.get("DATABASE_URL"):
            _places()
        return method(self, *arguments, **options)
    return run


if psycopg is not None:
    for _kind in (psycopg.Cursor, psycopg.AsyncCursor):
        for _name in ("execute", "executemany"):
            setattr(_kind, _name, _watched(getattr(_kind, _name)))


def pytest_runtest_logstart(nodeid, location):
    _current[0] = nodeid
"""
_FRAME = re.compile(r"^(?:.*?\")?([^\s:\"]+\.py)(?:\", line |:)(\d+)", re.MULTILINE)
_FUNCTION = re.compile(r"function (\w+)\(.*?\) does not exist")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was wrong with a test (empty where it passed), and the traceback."""

    wrong: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where a test was: the lines of its traceback, and those from which it ran statements."""

    raised: frozenset[tuple[str, int]]
    ran: frozenset[tuple[str, int]]


def run(
    folder: Path, tests: Sequence[str], python: str, report: Path, paths: Sequence[str], **variables: str
) -> dict[str, Outcome]:
    """What became of each test."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHONPATH"))}
    found = [str(folder / path) for path in paths]
    environment["PYTHONPATH"] = os.pathsep.join([str(report.parent), *found])
    command = [python, "-m", "pytest", "-q", "--tb=short", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]
    command += ["-p", "sqlport_tracer", "-o", "asyncio_mode=auto"]
    command += [f"--junitxml={report}", "-o", "junit_family=xunit1", *tests]
    said = subprocess.run(command, cwd=folder, env=environment | variables, check=False, capture_output=True, text=True)
    if not report.exists():
        sys.exit(f"pytest did not run:\n{said.stdout[-2000:]}{said.stderr[-2000:]}")
    results: dict[str, Outcome] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('file')}::{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        bad = next((child for child in case if child.tag in ("failure", "error")), None)
        if not any(child.tag == "skipped" for child in case):
            message = "" if bad is None else ((bad.get("message") or "failed").splitlines() or ["failed"])[0]
            results[name] = Outcome(message, "" if bad is None else bad.text or "")
    return results


def traced(trace: Path) -> dict[str, list[list[str]]]:
    """What the tests did, by their names as `run` has them."""
    found: dict[str, list[list[str]]] = {}
    for line in trace.read_text("utf-8").splitlines() if trace.exists() else ():
        test, *words = line.split("\t")
        if test:
            path, _, rest = test.partition("::")
            parts = re.split(r"::(?![^\[]*\])", rest)
            owner = parts[-2] if len(parts) > 1 else Path(path).stem
            found.setdefault(f"{path}::{owner}::{parts[-1]}", []).append(words)
    return found


def original_lines(diffs: Mapping[str, tuple[str, str]]) -> dict[str, list[int]]:
    """For each line of a ported file (0-based) the line of the file before (1-based)."""
    found = {}
    for path, (old, new) in diffs.items():
        before, after = old.splitlines(), new.splitlines()
        lines = [0] * (len(after) + 1)
        for _, start, end, other, last in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            for number in range(other, last):
                lines[number] = min(start + number - other, max(end - 1, start)) + 1
        found[path] = lines
    return found


def where(outcome: Outcome, ran: Sequence[Sequence[str]], folder: Path, originals: Mapping[str, list[int]]) -> Lines:
    """The lines of the project as it was before that a failed test was at."""

    def placed(path: str, line: str) -> Iterator[tuple[str, int]]:
        relative = path.removeprefix(str(folder) + os.sep)
        lines = originals.get(relative)
        number = int(line)
        if lines is None:
            yield relative, number
        elif number <= len(lines):
            yield relative, lines[number - 1]

    raised = {one for path, line in _FRAME.findall(outcome.traceback) for one in placed(path, line)}
    return Lines(
        frozenset(raised),
        frozenset(one for words in ran if words[0] == "ran" for one in placed(words[1], words[2])),
    )


def explanation(outcome: Outcome, lines: Lines, report: Report) -> str:
    """The finding that explains a failure; empty where there is none."""
    statements = {one.id: one for one in report.statements}
    missing = _FUNCTION.search(outcome.traceback)

    def lines_of(finding: Finding) -> set[tuple[str, int]]:
        place = finding.place
        found = {(place.path, line) for line in range(place.line, place.end_line + 1)} if place else set()
        statement = statements.get(finding.statement_id)
        if statement is not None:
            found.add((statement.sink_path, statement.sink_line))
            found |= {(statement.path, line) for line in range(statement.line, statement.end_line + 1)}
        return found

    def said(level: str, finding: Finding) -> str:
        at = f"{finding.place.path}:{finding.place.line}" if finding.place else "?"
        return f"{level}: {finding.code} {at} {finding.message[:100]}"

    left = sorted((one for one in report.left if _matters(one)), key=lambda one: list(Effect).index(one.effect))
    for finding in left:
        if missing and finding.code == "DRV011" and missing[1].lower() in finding.message.lower():
            return said("raised", finding)
    for level, own in (("raised", lines.raised), ("ran", lines.ran)):
        for finding in left:
            if lines_of(finding) & own:
                return said(level, finding)
    conditional = [one for one in report.findings if one.applied and one.applicability is Applicability.UNSAFE]
    for finding in conditional:
        if finding.effect is Effect.DIFFERS and lines_of(finding) & (lines.raised | lines.ran):
            return said("condition", finding)
    return ""


def _matters(finding: Finding) -> bool:
    return finding.effect in (Effect.REJECTED, Effect.DIFFERS)


def main() -> None:
    """Print the counts, the tests that fail on PostgreSQL only, and the findings that are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", nargs="*", default=["."], help="what is ported, below the folder")
    parser.add_argument("--tests", nargs="*", default=["."])
    parser.add_argument("--path", nargs="*", default=[".", "src"], help="where modules are imported from")
    parser.add_argument("--write-unverified", action="store_true", help="also what has a hole, as `fix` has it")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--keep", type=Path, help="leave the ported copy and the tracebacks in this new folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = given.keep.resolve() if given.keep else Path(temporary)
        folder = work / given.folder.resolve().name
        ignored = shutil.ignore_patterns(".git", "__pycache__", ".venv", ".tox")
        shutil.copytree(given.folder, folder, ignore=ignored, symlinks=True)
        first = work / "sqlite" / folder.name  # another copy: the tests may leave databases of SQLite behind
        shutil.copytree(given.folder, first, ignore=ignored, symlinks=True)
        (work / "sqlport_tracer.py").write_text(TRACER, encoding="utf-8")
        trace, later = work / "trace", work / "trace-postgres"
        options = (given.tests, given.python)
        before = run(first, *options, work / "sqlite.xml", given.path, SQLPORT_TRACE=str(trace))
        concerned = {name for name, outcome in before.items() if not outcome.wrong} & set(traced(trace))
        os.chdir(folder)
        report = fix(given.source, load(given.source), write=True, unsafe=True, write_unverified=given.write_unverified)
        again = fix(given.source, load(given.source), unsafe=True)
        with throwaway("embedded") as server:
            with server.connect() as connection:
                connection.execute("CREATE SCHEMA extensions")
                connection.execute("CREATE EXTENSION IF NOT EXISTS citext SCHEMA extensions")
                connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET search_path = public, extensions')
            after = run(
                folder, *options, work / "postgres.xml", given.path, DATABASE_URL=server.url, SQLPORT_TRACE=str(later)
            )
        missing = Outcome("not collected")
        failing = {name: after.get(name, missing) for name in sorted(concerned) if after.get(name, missing).wrong}
        originals, ran = original_lines(report.diffs), traced(later)
        why = {
            name: explanation(outcome, where(outcome, ran.get(name, ()), folder, originals), report)
            for name, outcome in failing.items()
        }
    passed = len(concerned) - len(failing)
    print(f"{len(before)} tests; {len(concerned)} open a connection and pass on SQLite")
    print(f"{passed} of these pass on PostgreSQL ({100 * passed / max(len(concerned), 1):.1f} %)")
    still = {name for name in concerned - set(failing) if ["connect"] in ran.get(name, ())}
    if still:
        print(f"{len(still)} of those still open a connection to SQLite as well, or do nothing else")
    kinds = Counter(reason.partition(":")[0] or "unexplained" for reason in why.values())
    print("failing: " + (", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"))
    print(f"a second fix: {len(again.diffs)} changed files, exit code {again.exit_code}, {again.summary.findings} left")
    for wrong, count in Counter(outcome.wrong for outcome in failing.values()).most_common():
        print(f"  {count:4}  {wrong[:160]}")
    for name, outcome in failing.items():
        print(f"FAILED {name}: {outcome.wrong[:120]}\n    {why[name] or 'unexplained'}")
    print("What sqlport left:")
    for finding in report.left:
        at = f"{finding.place.path}:{finding.place.line}" if finding.place else "?"
        held = f" [{finding.fix.reason}]" if finding.fix and finding.fix.reason else ""
        print(f"{at}: {finding.code} {finding.message}{held}")


if __name__ == "__main__":
    main()
