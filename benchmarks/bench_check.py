"""How fast `sqlport check` reads a tree, beside the linters that people already run on every commit.

    python benchmarks/bench_check.py [TREE] [--repeat N]

One run measures everything on the same copy of TREE (default: this Python's standard library), one tool
after the other, and prints Markdown. Nothing is asserted: figures of one machine are no test.
"""

from __future__ import annotations

import argparse
import platform
import random
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

SKIPPED = frozenset({"site-packages", "dist-packages", "node_modules", ".git", ".venv", "venv", "__pycache__"})
# A linter that found something exits with 1; that is a success here.
FINDINGS = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """The best of several runs: `wall` and `cpu` (all processes) in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what ran on how many lines; `timing` is None where the tool is not installed."""

    what: str
    lines: int
    timing: Timing | None


def measure(command: Sequence[str], cwd: Path, repeat: int) -> Timing:
    """The fastest of `repeat` runs. Raises RuntimeError with the tool's own words when it fails."""
    best = Timing(float("inf"), float("inf"))
    for _ in range(repeat):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, FINDINGS):
            raise RuntimeError(
                f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, Timing(wall, cpu), key=lambda timing: timing.wall)
    return best


def tool(name: str) -> str | None:
    """The command beside this interpreter, else on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def version(name: str) -> str:
    """What is installed, for the heading."""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"{name} (not installed)"


def copy_tree(source: Path, target: Path, suffixes: Iterable[str]) -> int:
    """Copies the files of those kinds, so that no tool leaves one out by its configuration. Lines copied."""
    wanted, lines = frozenset(suffixes), 0
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source)
        if path.suffix not in wanted or SKIPPED.intersection(inner.parts) or not path.is_file():
            continue
        data = path.read_bytes()
        lines += data.count(b"\n")
        place = target / inner
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return lines


def write_sql(target: Path, files: int, seed: int = 1) -> int:
    """Writes scripts as applications keep them; some statements need a change. Lines written."""
    rng = random.Random(seed)
    target.mkdir(parents=True, exist_ok=True)
    lines = 0
    for number in range(files):
        table = f"item_{number}"
        text = [
            f"CREATE TABLE {table} (",
            "    id INTEGER PRIMARY KEY AUTOINCREMENT,",
            "    name TEXT NOT NULL UNIQUE,",
            "    price INTEGER NOT NULL DEFAULT 0,",
            "    active BOOLEAN NOT NULL DEFAULT 1,",
            "    changed TEXT DEFAULT (datetime('now'))",
            ");",
            f"CREATE INDEX ix_{table} ON {table} (price);",
        ]
        for _ in range(20):
            amount = rng.randrange(1000)
            text += rng.choice(
                [
                    [f"INSERT OR IGNORE INTO {table} (name, price)", f"VALUES ('thing {amount}', {amount});"],
                    [f"UPDATE {table}", f"SET price = price + {amount}", f"WHERE price < {amount};"],
                    [
                        "SELECT id, ifnull(name, '') AS name",
                        f"FROM {table}",
                        "WHERE active",
                        "ORDER BY name;",
                    ],
                    [f"DELETE FROM {table}", f"WHERE id = {amount};"],
                    ["SELECT count(*) AS n", f"FROM {table}", f"WHERE price > {amount} AND active = 1;"],
                ]
            )
        (target / f"{table}.sql").write_text("\n".join(text) + "\n", encoding="utf-8")
        lines += len(text)
    return lines


def run(what: str, lines: int, command: Sequence[str], cwd: Path, repeat: int) -> Row:
    """Measures one tool, unless it is not installed."""
    executable = tool(command[0])
    if executable is None:
        return Row(what, lines, None)
    return Row(what, lines, measure([executable, *command[1:]], cwd, repeat))


def linter_rows(tree: Path, work: Path, repeat: int) -> list[Row]:
    """`check` and the linters, on Python and on SQL."""
    python, scripts = work / "python", work / "sql"
    lines = copy_tree(tree, python, [".py"])
    if not lines:
        raise SystemExit(f"{tree}: no Python files there; give another folder")
    statements = write_sql(scripts, files=40)
    return [
        run("`sqlport check`, Python", lines, ["sqlport", "check", "."], python, repeat),
        run(
            "`ruff check --select S608`, Python",
            lines,
            ["ruff", "check", "--isolated", "--no-cache", "--select", "S608", "--quiet", "."],
            python,
            repeat,
        ),
        run("`sqlport check`, SQL", statements, ["sqlport", "check", "."], scripts, repeat),
        run(
            "`sqlfluff lint`, SQL",
            statements,
            ["sqlfluff", "lint", "--dialect", "sqlite", "--disable-progress-bar", "."],
            scripts,
            1,
        ),
    ]


ONE_FILE = '''"""One module, as a commit touches it."""

import sqlite3


def names(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM item WHERE price > ? ORDER BY id", (1,))]
'''

HOOKS = """repos:
  - repo: local
    hooks:
      - {id: sqlport-check, name: sqlport, entry: "%s check", language: system, types: [python]}
      - {id: nothing, name: nothing, entry: "true", language: system, types: [python]}
"""


def start_rows(work: Path, repeat: int) -> list[Row]:
    """Start-up, one file, and one file by pre-commit beside a hook that does nothing."""
    sqlport = tool("sqlport")
    if sqlport is None:
        raise SystemExit("sqlport is not installed for this Python: pip install -e '.[dev]'")
    scratch = work / "scratch"
    scratch.mkdir()
    (scratch / "names.py").write_text(ONE_FILE, encoding="utf-8")
    (scratch / ".pre-commit-config.yaml").write_text(HOOKS % sqlport, encoding="utf-8")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=scratch, check=True)
    hook = ["run", "--files", "names.py"]
    return [
        run("`sqlport --version`", 0, ["sqlport", "--version"], scratch, repeat),
        run("`sqlport check` of one file", 0, ["sqlport", "check", "names.py"], scratch, repeat),
        run(
            "`pre-commit run sqlport-check`, one file",
            0,
            ["pre-commit", "run", "sqlport-check", *hook[1:]],
            scratch,
            repeat,
        ),
        run(
            "`pre-commit run` of a hook that does nothing",
            0,
            ["pre-commit", "run", "nothing", *hook[1:]],
            scratch,
            repeat,
        ),
    ]


def linter_table(rows: Sequence[Row]) -> str:
    """Lines per second, and each tool's factor to `sqlport check` on the same lines (above 1: faster)."""
    out = [
        "| what | lines | wall s | cpu s | lines/s | lines/s and core | against `sqlport check` |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    ours: dict[int, float] = {}
    for row in rows:
        if row.timing is None:
            out.append(f"| {row.what} | {row.lines:,} | not installed | | | | |")
            continue
        wall, cpu = row.timing.wall, row.timing.cpu
        ours.setdefault(row.lines, wall)
        out.append(
            f"| {row.what} | {row.lines:,} | {wall:.2f} | {cpu:.2f} | {row.lines / wall:,.0f} "
            f"| {row.lines / max(cpu, 0.001):,.0f} | {ours[row.lines] / wall:.2f} |"
        )
    return "\n".join(out)


def start_table(rows: Sequence[Row]) -> str:
    """Seconds, best of several."""
    out = ["| what | wall s |", "|---|--:|"]
    out += [
        f"| {row.what} | {row.timing.wall:.3f} |" if row.timing else f"| {row.what} | not installed |" for row in rows
    ]
    return "\n".join(out)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tree", nargs="?", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--repeat", type=int, default=3, help="runs for each figure; the best counts (default 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        work = Path(folder)
        linters = linter_rows(options.tree, work, options.repeat)
        starts = start_rows(work, max(options.repeat, 5))
    tools = [version(name) for name in ("sqlport", "ruff", "sqlfluff", "pre-commit")]
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(f"{', '.join(tools)}\n{machine}, best of {options.repeat}\n")
    print(linter_table(linters))
    print()
    print(start_table(starts))


if __name__ == "__main__":
    main()
