"""The lines that were changed since a commit, as git sees them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlport.files import reported
from sqlport.model import Finding, SqlportError
from sqlport.results import Report

_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def only_changed(report: Report, ref: str) -> Report:
    """The report with only those findings that touch a line changed since `ref` and the branch parted.

    Files that git does not track yet count as changed throughout. Raises SqlportError when git cannot tell.
    """
    changed = changed_lines(ref)
    return report.with_findings(tuple(finding for finding in report.findings if _touches(finding, changed)))


def changed_lines(ref: str) -> dict[str, list[range] | None]:
    """By path (as reported), the changed ranges of lines; None for a file that is new to git."""
    if ref.startswith("-"):
        raise SqlportError(f"--since {ref}: a commit, branch or tag does not begin with '-'")
    root = Path(_git("rev-parse", "--show-toplevel").strip())
    base = _base(ref)
    plain = ("--unified=0", "--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/")
    diff = _git("-c", "core.quotePath=false", "diff", *plain, base, "--", str(root))
    found: dict[str, list[range] | None] = {}
    ranges: list[range] = []
    for line in diff.split("\n"):
        if line.startswith("+++ "):
            ranges = []
            found[reported(root / _name(line[4:]))] = ranges
        elif hunk := _HUNK.match(line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            ranges.append(range(first, first + count))
    for name in _git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", str(root)).split("\0"):
        if name:
            found[reported(root / name)] = None
    return found


def _touches(finding: Finding, changed: Mapping[str, list[range] | None]) -> bool:
    place = finding.place
    if place is None or place.path not in changed:
        return False
    ranges = changed[place.path]
    return ranges is None or any(place.line < lines.stop and place.end_line >= lines.start for lines in ranges)


def _base(ref: str) -> str:
    """Where `ref` and HEAD parted; `ref` itself when they have nothing in common."""
    commit = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", missing=f"{ref} is no commit").strip()
    try:
        return _git("merge-base", commit, "HEAD").strip() or commit
    except SqlportError:
        return commit


def _name(quoted: str) -> str:
    """The path behind `+++ `, without its `b/` and git's quotes."""
    name = quoted.removesuffix("\t")
    if name.startswith('"'):
        raw = name[1:-1].encode("utf-8", "surrogateescape").decode("unicode_escape")
        name = raw.encode("latin-1").decode("utf-8", "surrogateescape")
    return name.removeprefix("b/")


def _git(*arguments: str, missing: str = "") -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, env=environment)
    except OSError as error:
        raise SqlportError("--since needs git, which could not be started; install it or leave --since out") from error
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ") or missing
        raise SqlportError(f"--since: git does not know the changed lines: {why or 'it gave no reason'}")
    return done.stdout.decode("utf-8", "surrogateescape")
