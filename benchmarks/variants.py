"""The proven cases in other words: `python -m benchmarks.variants --list`.

Nobody writes a statement as a list of cases does. Each case is written anew by rules that keep its meaning (upper and
lower case, comments, no blanks, quoted names, inside a subquery, a CTE, a view, a UNION, an INSERT ... SELECT, with
numbered and named parameters), runs on both engines, and is judged as the case is: what is not equal has to be
flagged, and what needs no change must not be.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.score import Score, judged_case
from sqlport.engines.postgres import throwaway
from sqlport.sql.tokens import LexError, tokenize
from tests.constructs import Construct, constructs
from tests.judge import on_sqlite, plain, tries

_WORD = re.compile(r"[A-Za-z_]\w*")
_PARAMETER = frozenset(["$", ":", "@"])


def _pieces(sql: str) -> Iterator[tuple[str, bool]]:
    """The text, token by token and what stands between; True for words without quotes."""
    at = 0
    for token in tokenize(sql):
        yield sql[at : token.span.start], False
        text = token.span.of(sql)
        yield text, bool(_WORD.fullmatch(text)) and sql[token.span.start - 1 : token.span.start] not in _PARAMETER
        at = token.span.end
    yield sql[at:], False


def upper(sql: str) -> str:
    """All words in capitals."""
    return "".join(text.upper() if word else text for text, word in _pieces(sql))


def lower(sql: str) -> str:
    """All words in small letters."""
    return "".join(text.lower() if word else text for text, word in _pieces(sql))


def commented(sql: str) -> str:
    """A comment in every gap."""
    return "".join(
        text.replace(" ", " /* ? ' */ ", 1) if not word and text.isspace() else text for text, word in _pieces(sql)
    )


def lines(sql: str) -> str:
    """A line comment in every gap."""
    return "".join(" -- ; it's\n " if not word and text.isspace() else text for text, word in _pieces(sql))


def tight(sql: str) -> str:
    """Without blanks where none are needed."""
    return re.sub(r"\s*([,()=<>])\s*", r"\1", sql) if "'" not in sql and '"' not in sql else sql


_IS_QUERY = re.compile(r"(?is)\s*(select|values)\b")


def _wrapped(before: str, after: str) -> Callable[[str], str]:
    return lambda sql: f"{before}{sql}{after}"


QUERIES: dict[str, Callable[[str], str]] = {
    "subquery": _wrapped("SELECT * FROM (", ") AS q1"),
    "cte": _wrapped("WITH q1 AS (", ") SELECT * FROM q1"),
    "exists": _wrapped("SELECT 5 WHERE EXISTS (", ")"),
    "counted": _wrapped("SELECT count(*) FROM (", ") AS q1"),
    "union": lambda sql: f"SELECT * FROM ({sql}) AS q1 UNION ALL SELECT * FROM ({sql}) AS q2",
    "view": _wrapped("CREATE VIEW q1 AS ", ";\nSELECT * FROM q1"),
    "table": _wrapped("CREATE TABLE q1 AS ", ""),
}
TEXTS: dict[str, Callable[[str], str]] = {
    "upper": upper,
    "lower": lower,
    "commented": commented,
    "lines": lines,
    "tight": tight,
}


def variants(case: Construct) -> Iterator[tuple[str, Construct]]:
    """The case in other words."""
    for name, change in TEXTS.items():
        try:
            made = tuple(change(sql) for sql in case.sqlite)
        except LexError:
            continue
        if made != case.sqlite:
            yield name, replace(case, sqlite=made)
    last = case.sqlite[-1].rstrip().rstrip(";")
    if len(case.sqlite) == 1 and _IS_QUERY.match(last) and ";" not in last:
        for name, change in QUERIES.items():
            if name in ("union", "view", "table") and case.params:
                continue
            yield name, replace(case, sqlite=(change(last),), expect=None)
    if isinstance(case.params, list) and case.sqlite[0].count("?") == len(case.params) and len(case.sqlite) == 1:
        names = iter(range(1, 99))
        yield (
            "named",
            replace(
                case,
                sqlite=(re.sub(r"\?", lambda _: f":p{next(names)}", case.sqlite[0]),),
                params={f"p{number}": value for number, value in enumerate(case.params, 1)},
            ),
        )
        names = iter(range(1, 99))
        yield "numbered", replace(case, sqlite=(re.sub(r"\?", lambda _: f"?{next(names)}", case.sqlite[0]),))


def bad(score: Score, original: Score) -> str:
    """What is wrong with the result of a variant, in one word; empty when nothing is."""
    if score.outcome == "aside" or original.outcome == "aside":
        return ""
    if score.case.rule == "SAME":
        if score.flagged and not original.flagged and not {"IDN007", "IDN008"} & set(score.codes):
            return "flagged"
        return "control" if score.outcome != "equal" and original.outcome == "equal" else ""
    if score.outcome != "equal" and not score.flagged:
        return "silent" if score.outcome == "different" else "refused"
    if original.outcome == "equal" and score.outcome != "equal" and score.case.autofix == "safe":
        return "unported"
    return ""


def _runs_here(case: Construct) -> bool:
    """Whether the SQLite of this Python returns what the newest one does, and no clock is read."""
    try:
        before = on_sqlite(";\n".join(case.setup), ";\n".join(case.sqlite), case.params or ())
    except sqlite3.Error:
        return False
    exact = len(tries("".join(case.sqlite))) == 1 or "strftime" not in "".join(case.sqlite)
    return not before.error and exact and (case.expect is None or before.rows == tuple(map(plain, case.expect)))


def main() -> None:
    """Print how many variants are as they should be; with `--list`, those that are not."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rule", default="")
    options.add_argument("--kind", default="")
    options.add_argument("--list", action="store_true")
    chosen = options.parse_args()
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, throwaway() as server, server.connect() as connection:
        os.chdir(folder)
        connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
        for case in constructs():
            if not case.rule.startswith(chosen.rule):
                continue
            original = judged_case(case, connection)
            if not _runs_here(case):
                continue
            for name, variant in variants(case):
                if not name.startswith(chosen.kind):
                    continue
                score = judged_case(variant, connection)
                found = bad(score, original)
                kinds[found or "good"] += 1
                if found and chosen.list:
                    print(f"{found} {name} {case.id} [{case.rule} {case.autofix}]\n    {';'.join(variant.sqlite)}")
                    print(f"    {score.ported}\n    {list(score.codes)} {score.detail[:200]}")
    print("  ".join(f"{kind} {count}" for kind, count in kinds.most_common()))


if __name__ == "__main__":
    main()
