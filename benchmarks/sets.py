"""Published query sets, whole databases with their rows, beside stock sqlglot: `python -m benchmarks.sets KIND FOLDER`.

Nothing of a set is in this repository: fetch it, and name its folder and its kind.

    spider    Spider, BIRD and what has their form (`database/NAME/NAME.sqlite` or `*tables.json`, `*.sql`, `*.json`)
    text2sql  jkkummerfeld/text2sql-data
    defog     defog-ai/sql-eval and defog-ai/defog-data in one folder
    scripts   databases or scripts that make them (Chinook, Northwind, Sakila): their views and other queries
    sqlite    SQLite's own tests (`test/*.test` of its source)
    slt       sqllogictest

Schema and rows of a database are ported by sqlport for itself, by sqlglot for sqlglot; a database without rows gets
generated ones. Each query runs on SQLite as it is written and ported on a throwaway PostgreSQL, and the rows are
compared: as a multiset, in order where ORDER BY fixes it. What SQLite itself refuses is set aside, and so are
queries whose answer SQLite changes with the order in which it reads.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import set_scripts
from benchmarks.set_judge import Judged, judged
from benchmarks.set_readers import READERS, Database
from benchmarks.set_scripts import Script
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.rulebook import Rulebook, load

BAD = ("wrong", "type", "rejected")


def main() -> None:
    """Print a table, and with `--list` every query that is not as it should be."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=sorted([*READERS, *set_scripts.READERS]), help="how the folder is read")
    options.add_argument("folder", type=Path)
    options.add_argument("--sample", type=int, default=0, help="at most so many queries of a database, or files")
    options.add_argument("--database", action="append", default=[], help="only this database")
    options.add_argument("--list", action="store_true", help="list what is not equal")
    options.add_argument("--out", type=Path, help="a file for all outcomes, one JSON object a line")
    options.add_argument("--postgres", default="auto", help="the server, as for `sqlport verify`")
    chosen = options.parse_args()
    found = list(_chosen(chosen.kind, chosen.folder, chosen.database, chosen.sample))
    if not found:
        sys.exit(f"{chosen.folder}: no queries of this kind there")
    book = load()
    outcomes: dict[str, list[Judged]] = {}
    with throwaway(chosen.postgres) as server, (chosen.out or Path(os.devnull)).open("w", encoding="utf-8") as out:
        count = sum(len(each.queries if isinstance(each, Database) else each.statements) for each in found)
        print(f"{len(found)} databases, {count} statements, on {server.info}", flush=True)
        for number, one in enumerate(found, 1):
            print(f"\r{number}/{len(found)} {one.name:40}", end="", file=sys.stderr, flush=True)
            for mode, results in _judged(server, one, book).items():
                outcomes.setdefault(mode, []).extend(results)
                out.writelines(json.dumps({"mode": mode, **asdict(each)}) + "\n" for each in results)
    print(file=sys.stderr)
    for mode, results in outcomes.items():
        print(line(mode, results))
    if chosen.list:
        for each in outcomes["sqlport --unsafe"]:
            if each.kind in BAD:
                print(f"[{each.database}] {each.kind}{'' if each.flagged else ', no finding'}: {each.detail}")
                print(f"    {_short(each.query)}\n    {_short(each.port)}\n    {' '.join(each.codes)}")


def _chosen(kind: str, folder: Path, names: Sequence[str], sample: int) -> Iterator[Database | Script]:
    chance = random.Random(0)
    if kind in set_scripts.READERS:
        scripts = [each for each in set_scripts.READERS[kind](folder) if not names or each.name in names]
        yield from chance.sample(scripts, sample) if 0 < sample < len(scripts) else scripts
        return
    for database in READERS[kind](folder):
        if database.queries and (not names or database.name in names):
            queries = database.queries
            sampled = tuple(chance.sample(queries, sample)) if 0 < sample < len(queries) else queries
            yield replace(database, queries=sampled)


def _judged(server: Server, found: Database | Script, book: Rulebook) -> dict[str, list[Judged]]:
    return judged(server, found, book) if isinstance(found, Database) else set_scripts.ran(server, found, book)


def line(mode: str, results: Sequence[Judged]) -> str:
    """One line of the table: shares of what could be compared, then counts."""
    kinds = Counter(each.kind for each in results)
    total = len(results) - kinds["aside"] - kinds["open"]
    silent = Counter(each.kind for each in results if not each.flagged)
    share = 100 / max(total, 1)
    accepted = (total - kinds["rejected"]) * share
    equal = (kinds["equal"] + kinds["empty"] + kinds["type"]) * share
    wrong = f"{kinds['wrong'] * share:.1f}% wrong ({silent['wrong']} of {kinds['wrong']} without finding)"
    return (
        f"{mode:16} {accepted:5.1f}% accepted  {equal:5.1f}% equal  {wrong:42}  {kinds['rejected']} rejected"
        f" ({silent['rejected']} without finding) | {total} compared, {kinds['empty']} without rows, {kinds['type']}"
        f" of other type, set aside {kinds['aside']}, left open {kinds['open']}"
    )


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    main()
