"""How many of an application's own tests that open a sqlite3 connection pass on PostgreSQL after the port.

    python -m benchmarks.driver_apps FOLDER [--source PATH] [--tests PATH ...] [--write-unverified] [--python PYTHON]

The folder is copied. Its tests run on SQLite, with each test noted that opens a connection; then
`sqlport fix --write --unsafe` ports the copy, and the tests run again on a throwaway PostgreSQL. PYTHON is an
interpreter that has the application's dependencies, pytest and psycopg.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from sqlport.engines.postgres import throwaway

ROOT = Path(__file__).parents[1]
TRACER = """\
import os
import sqlite3

_current = [""]
_connect = sqlite3.connect


def _traced(*arguments, **options):
    with open(os.environ["SQLPORT_TRACE"], "a", encoding="utf-8") as stream:
        stream.write(_current[0] + "\\n")
    return _connect(*arguments, **options)


sqlite3.connect = sqlite3.dbapi2.connect = _traced


def pytest_runtest_logstart(nodeid, location):
    _current[0] = nodeid
"""


def run(folder: Path, tests: list[str], python: str, report: Path, **variables: str) -> dict[str, str]:
    """What became of each test: empty where it passed, else the first line of what was wrong."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHONPATH"))}
    command = [python, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]
    if "SQLPORT_TRACE" in variables:
        command += ["-p", "sqlport_tracer"]
        environment["PYTHONPATH"] = str(report.parent)
    command += [f"--junitxml={report}", "-o", "junit_family=xunit1", *tests]
    subprocess.run(command, cwd=folder, env=environment | variables, check=False, stdout=subprocess.DEVNULL)
    results: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('file')}::{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        bad = next((child for child in case if child.tag in ("failure", "error")), None)
        if not any(child.tag == "skipped" for child in case):
            results[name] = "" if bad is None else (bad.get("message") or "failed").splitlines()[0]
    return results


def opened(trace: Path) -> set[str]:
    """The tests that opened a connection, named as `run` names them."""
    found = set()
    for line in trace.read_text("utf-8").splitlines() if trace.exists() else ():
        if line:
            path, _, rest = line.partition("::")
            parts = rest.split("::")
            owner = parts[-2] if len(parts) > 1 else Path(path).stem
            found.add(f"{path}::{owner}::{parts[-1]}")
    return found


def main() -> None:
    """Print the counts, the tests that fail on PostgreSQL only, and the findings that are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", default=".", help="what is ported, below the folder")
    parser.add_argument("--tests", nargs="*", default=["."])
    parser.add_argument("--write-unverified", action="store_true", help="also what has a hole, as `fix` has it")
    parser.add_argument("--python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        folder = work / given.folder.resolve().name
        shutil.copytree(given.folder, folder, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        (work / "sqlport_tracer.py").write_text(TRACER, encoding="utf-8")
        trace = work / "trace"
        before = run(folder, given.tests, given.python, work / "sqlite.xml", SQLPORT_TRACE=str(trace))
        concerned = {name for name, wrong in before.items() if not wrong} & opened(trace)
        options = ["--write", "--unsafe", *(["--write-unverified"] if given.write_unverified else [])]
        command = [sys.executable, "-m", "sqlport", "fix", *options, given.source]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        fixed = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
        with throwaway("embedded") as server:
            with server.connect() as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
            after = run(folder, given.tests, given.python, work / "postgres.xml", DATABASE_URL=server.url)
    failing = {name: after.get(name, "not collected") for name in sorted(concerned) if after.get(name, "-")}
    passed = len(concerned) - len(failing)
    print(f"{len(before)} tests; {len(concerned)} open a connection and pass on SQLite")
    print(f"{passed} of these pass on PostgreSQL ({100 * passed / max(len(concerned), 1):.1f} %)")
    for wrong, count in Counter(failing.values()).most_common():
        print(f"  {count:4}  {wrong[:160]}")
    for name, wrong in failing.items():
        print(f"FAILED {name}: {wrong[:120]}")
    print("What sqlport left:")
    print(fixed.stdout)


if __name__ == "__main__":
    main()
