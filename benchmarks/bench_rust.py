"""A crate that uses sqlx, in figures: what is found, what its port is, which types differ, and how fast.

`python -m benchmarks.bench_rust REPOSITORY [--code api/src] [--schema api/migrations] [--list]`: the texts that are
found beside those of the repository's own `.sqlx` files, PostgreSQL's verdict on the port of each, how many need
placeholders only, the findings on declared types, and, where the files are PostgreSQL's, how many of them
`sqlport rust sqlx-cache` writes byte for byte. Nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections import Counter
from pathlib import Path

from sqlport import project
from sqlport.config import Config
from sqlport.hosts.rust.source import outline
from sqlport.results import Report
from sqlport.settings import load
from sqlport.sqlx_cache import prepare, queries_of

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("repository", type=Path, help="a checkout")
    options.add_argument("--code", default="api/src", help="the crate's code, below the checkout")
    options.add_argument("--schema", default="api/migrations", help="its migrations")
    options.add_argument("--list", action="store_true", help="list what PostgreSQL does not confirm")
    chosen = options.parse_args()
    os.chdir(chosen.repository)
    config = load(["."], isolated=True, schema=(Path(chosen.schema).absolute(),))
    _speed(config)
    _texts(chosen.code, config)
    _port(chosen.code, config, listed=chosen.list)


def _speed(config: Config) -> None:
    only = config.override(exclude=("*.py", "*.sql"))
    begun = time.process_time()
    report = project.extract(["."], only)
    spent = time.process_time() - begun
    size = sum(Path(path).stat().st_size for path in report.files)
    print(f"extract: {len(report.files)} files, {size / 1e6:.1f} MB, {len(report.statements)} texts: {spent:.2f} s CPU")


def _texts(code: str, config: Config) -> None:
    theirs = {path.name: json.loads(path.read_text()) for path in Path(".sqlx").glob("query-*.json")}
    if not theirs:
        return
    ours = {sql for sql, _ in queries_of([code], config)}
    same = sum(one["query"] in ours for one in theirs.values())
    print(f"texts of .sqlx that are found: {same} of {len(theirs)}")
    if any(one["db_name"] != "PostgreSQL" for one in theirs.values()):
        return
    cache = prepare([code], config)
    equal = sum(cache.files.get(name) == Path(".sqlx", name).read_text() for name in theirs)
    print(f"files of .sqlx that are written byte for byte: {equal} of {len(theirs)}; refused: {len(cache.refused)}")


def _port(code: str, config: Config, *, listed: bool) -> None:
    begun = time.process_time()
    report = project.fix([code], config, unsafe=True)
    spent = time.process_time() - begun
    known = [one for one in report.statements if not one.holes and not one.alternative]
    verdicts = Counter(report.verdicts[one.id].kind for one in known)
    print(f"static statements: {len(known)}; {dict(verdicts)} ({spent:.2f} s CPU)")
    print(f"of these the port differs by placeholders only, or not at all: {_only_numbered(report)}")
    untouched = all(outline(old) == outline(new) for path, (old, new) in report.diffs.items() if path.endswith(".rs"))
    print(f"files changed: {len(report.diffs)}; every byte outside of string literals kept: {untouched}")
    print(f"findings on declared types: {sum(finding.code == 'SQP008' for finding in report.findings)}")
    for one in known if listed else ():
        verdict = report.verdicts[one.id]
        if verdict.kind != "verified":
            print(f"  {one.path}:{one.line}: {verdict.kind} {verdict.reason} {verdict.sqlstate} {verdict.message}")
    for finding in report.findings if listed else ():
        if finding.code == "SQP008" and finding.place is not None:
            print(f"  {finding.place.path}:{finding.place.line}: {finding.message}")


def _only_numbered(report: Report) -> int:
    count = 0
    for one in report.statements:
        if one.holes or one.alternative:
            continue
        numbers = iter(range(1, 1000))
        wanted = _TOKEN.sub(lambda match: f"${next(numbers)}" if match[0] == "?" else match[0], one.sql)  # noqa: B023
        count += report.ported[one.id].sql == wanted
    return count


if __name__ == "__main__":
    main()
