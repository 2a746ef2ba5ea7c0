"""How long finding the SQL of a tree takes, beside only parsing it: `python -m benchmarks.bench_extract TREE`.

CPU seconds of one process, each file read from the disk's cache. The goal is three times `ast.parse` at most.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import time
import warnings
from pathlib import Path

from sqlport.files import discover
from sqlport.project import read
from sqlport.settings import load


def parsing(tree: str) -> tuple[int, float]:
    """Lines of all Python files of the tree, and the seconds to parse them."""
    lines, begin = 0, time.process_time()
    for path in discover([tree], suffixes=(".py",)):
        data = Path(path).read_bytes()
        lines += data.count(b"\n")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse(data)
            except (SyntaxError, ValueError):
                continue  # parsing it cost what it did
    return lines, time.process_time() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tree", type=Path)
    os.chdir(parser.parse_args().tree)
    lines, parsed = parsing(".")
    begin = time.process_time()
    source = read(["."], load(["."], isolated=True), None)
    found = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{lines:,} lines: ast.parse {parsed:.1f} s, sqlport {found:.1f} s ({found / parsed:.2f} times), "
        f"{len(source.statements):,} statements, {memory} MB"
    )


if __name__ == "__main__":
    main()
