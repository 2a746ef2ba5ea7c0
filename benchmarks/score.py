"""How many of the proven differences sqlport ports, beside stock sqlglot: `python -m benchmarks.score`.

Each case of `fixtures/constructs/cases.jsonl` runs on the SQLite of this Python as it is written, and ported on
a throwaway PostgreSQL whose tables are our own port of the case's tables. A case counts as ported when rows
and the tables afterwards are equal; where this Python's SQLite is too old for a case, what the newest one
returned is in the file. Statements that SQLite itself refuses, and controls that say nothing about the statement,
are set aside and listed with `--list`.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import sqlglot

import sqlport
from sqlport.engines.postgres import throwaway
from tests.constructs import FIXTURES, Construct, constructs
from tests.judge import Outcome, on_postgres, on_sqlite, plain, tries

ROOT = FIXTURES.parent
NOT_COUNTED = frozenset(["PRM001", "PRM003", "DDL001", "DDL002", "DDL003", "DDL004", "DDL008", "ORD003"])
"""Placeholder style and type mapping (a text column's type has a collation): no finding that a control may not have."""
ASIDE = {
    "order-locale-c": "a flagged case (NULLs in ORDER BY) without NULLs in its rows",
    "join-using-left": "a flagged case (NULLs in ORDER BY) without NULLs in its rows",
    "bool-bool-col-toggle": "a control of a PostgreSQL boolean column, which the faithful profile does not have",
    "ddl-type-varchar-n": "a control of another type mapping",
    "agg-avg-null": "a flagged case (avg of integers) whose rows are NULL",
    "agg-sum-empty": "a flagged case (sum of integers) without rows",
    "div-by-count": "a flagged case (sum of integers) without rows",
    "agg-sum-int4": "a control of a PostgreSQL int4 column, which the faithful profile does not have",
    "div-sum-int4": "a control of a PostgreSQL int4 column, which the faithful profile does not have",
    "json-arrow-index": "a control of a PostgreSQL json column, which the faithful profile does not have",
    "agg-having-without-agg": "a flagged case (LIKE, no ORDER BY) whose rows show no difference",
}
"""Controls that differ from a flagged case only in data, parameter values, locale or PostgreSQL's own tables."""

Port = Callable[[str, str], tuple[str, tuple[str, ...], tuple[int | str, ...]]]
"""Ports a text with a schema: the text, the codes of what was found, the parameters in their new order."""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one case: `equal` rows, and the codes that were found in the statement."""

    case: Construct
    outcome: str  # equal, different, error, aside
    codes: tuple[str, ...]
    detail: str = ""
    ported: str = ""

    @property
    def flagged(self) -> bool:
        return any(code not in NOT_COUNTED or code == self.case.rule for code in self.codes)


def main() -> None:
    """Print the table; with `--list`, every case that is not as it should be."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rule", action="append", default=[], help="only cases of this rule (or family)")
    options.add_argument("--id", action="append", default=[], help="only this case")
    options.add_argument("--list", action="store_true", help="list what is not as it should be")
    options.add_argument("--peer", action="store_true", help="judge sqlglot.transpile as well")
    options.add_argument("--write", action="store_true", help="with both, put the table into README.md")
    chosen = options.parse_args()
    cases = [case for case in constructs() if _chosen(case, chosen.rule, chosen.id)]
    with tempfile.TemporaryDirectory() as folder, throwaway() as server, server.connect() as connection:
        os.chdir(folder)  # VACUUM INTO writes a file
        connection.execute("CREATE EXTENSION IF NOT EXISTS citext")
        print(f"{len(cases)} cases on {server.info}")
        scores = [_score(case, connection, _ours(case)) for case in cases]
        lines = [_table("sqlport", scores)]
        if chosen.peer or chosen.write:
            lines.append(_table("sqlglot.transpile", [_score(case, connection, _peer) for case in cases]))
    if chosen.write:
        _write(lines, sum(score.outcome == "aside" for score in scores))
    if chosen.list:
        for score in scores:
            if score.outcome == "aside":
                print(f"{score.case.id} [{score.case.rule}] set aside: {score.detail}")
            if not _good(score):
                ported = sqlport.port("; ".join(score.case.sqlite), schema=";".join(score.case.setup), unsafe=True)
                print(f"{score.case.id} [{score.case.rule} {score.case.autofix}] {score.outcome}")
                print(f"    {'; '.join(score.case.sqlite)}\n    {ported.sql}\n    {list(score.codes)} {score.detail}")


def _chosen(case: Construct, rules: list[str], ids: list[str]) -> bool:
    return (not rules or any(case.rule.startswith(rule) for rule in rules)) and (not ids or case.id in ids)


def _ours(case: Construct) -> Port:
    def port(schema: str, sql: str) -> tuple[str, tuple[str, ...], tuple[int | str, ...]]:
        ported = sqlport.port(sql, schema=schema, unsafe=case.autofix == "unsafe", params=case.params)
        return ported.sql, tuple(finding.code for finding in ported.findings), ported.parameters

    return port


def _peer(schema: str, sql: str) -> tuple[str, tuple[str, ...], tuple[int | str, ...]]:
    try:
        texts = sqlglot.transpile(sql, read="sqlite", write="postgres")
    except sqlglot.errors.SqlglotError:
        return sql, ("error",), ()
    return "; ".join(texts).replace("?", "%s"), (), tuple(range(sql.count("?")))


def judged_case(case: Construct, connection: psycopg.Connection[Any]) -> Score:
    """What becomes of a case when sqlport ports it."""
    return _score(case, connection, _ours(case))


def _score(case: Construct, connection: psycopg.Connection[Any], port: Port) -> Score:
    schema, sql = _script(case.setup), _script(case.sqlite)
    params = case.params or ()
    if case.id in ASIDE:
        return Score(case, "aside", (), ASIDE[case.id])
    before = _on_sqlite(case)
    if before.error and case.expect is None and not case.expect_after:
        return Score(case, "aside", (), f"SQLite refuses it: {before.error}")
    ported, codes, order = port(schema, sql)
    known = f"{schema};\n{sql}"
    observe = [sqlport.port(query, schema=known, driver="none", unsafe=True).sql for query in case.observe]
    given: Any = None
    if params:
        given = params if isinstance(params, dict) else [params[key] for key in order if isinstance(key, int)]
    for _ in tries(schema + sql):
        before = _on_sqlite(case)
        try:
            after = on_postgres(connection, schema, ported, given, observe)
        except (psycopg.Error, psycopg.ProgrammingError) as error:
            after = Outcome(error=str(error))
        if _equal(case, before, after):
            return Score(case, "equal", codes, ported=ported)
    if after.error:
        return Score(case, "error", codes, after.error.strip().splitlines()[0], ported)
    return Score(case, "different", codes, _difference(before, after), ported)


def _difference(before: Outcome, after: Outcome) -> str:
    for name in ("rows", "observed", "tables"):
        if getattr(before, name) != getattr(after, name):
            return f"{name}: {getattr(before, name)!r} became {getattr(after, name)!r}"
    return f"the record has other rows than {after.rows!r} {after.observed!r}"


def _script(statements: Iterable[str]) -> str:
    return ";\n".join(statement for statement in statements if not statement.startswith("--sleep"))


def _equal(case: Construct, before: Outcome, after: Outcome) -> bool:
    """Whether PostgreSQL did what SQLite does: this Python's, or where that is too old, the one of the record."""
    if case.rule == "SAME":  # what is asked afterwards may well differ by itself
        if replace(before, observed=()) == replace(after, observed=()) and not before.error:
            return True
    if not before.error and not after.error and before == after:
        return True
    recorded = tuple(plain(row) for row in case.expect or ())
    if not before.error and (case.expect is None or before.rows == recorded):
        return False
    if case.expect is None:
        return _observed(case, after)  # what it does to the tables is all that is recorded
    if len(tries("".join(case.sqlite))) > 1:  # the clock has moved on since
        return not after.error and _shape(after.rows) == _shape(recorded)
    return not after.error and after.rows == recorded and _observed(case, after)


def _shape(rows: object) -> str:
    return re.sub(r"\d", "9", repr(rows))


def _observed(case: Construct, after: Outcome) -> bool:
    """Whether the statements afterwards gave what is recorded; `!...` stands for an error."""
    recorded = tuple(None if isinstance(rows, str) else tuple(map(plain, rows)) for rows in case.expect_after)
    return after.observed == recorded


def _on_sqlite(case: Construct) -> Outcome:
    import sqlite3

    try:
        return on_sqlite(_script(case.setup), _script(case.sqlite), case.params or (), case.observe)
    except sqlite3.Error as error:
        return Outcome(error=str(error))


def _good(score: Score) -> bool:
    if score.outcome == "aside":
        return True
    if score.case.rule == "SAME":
        return score.outcome == "equal" and not score.flagged
    if score.case.autofix == "manual":
        return score.flagged or score.outcome == "equal"  # a difference that the profile removes
    return score.outcome == "equal"


def _table(name: str, scores: Iterable[Score]) -> str:
    """Print the figures; the same as a line of the README's table."""
    kinds: Counter[str] = Counter()
    good: Counter[str] = Counter()
    silent = 0
    for score in scores:
        kind = "control" if score.case.rule == "SAME" else score.case.autofix
        if score.outcome == "aside":
            kinds["aside"] += 1
            continue
        kinds[kind] += 1
        good[kind] += _good(score)
        silent += score.outcome != "equal" and not score.flagged
    shown = [kind for kind in ("safe", "unsafe", "manual", "control") if kinds[kind]]
    cells = [f"{kind} {good[kind]}/{kinds[kind]}" for kind in shown]
    print(f"{name:18} {'  '.join(cells)}  aside {kinds['aside']}  not equal and not flagged {silent}")
    figures = [f"{good[kind]} of {kinds[kind]}" for kind in shown]
    label = "sqlport" if name == "sqlport" else f"`{name}`"
    return f"| {' | '.join([label, *figures, str(silent)])} |\n"


def _write(lines: Sequence[str], aside: int) -> None:
    """Put the figures of this run into the README."""
    page = ROOT / "README.md"
    text = page.read_text(encoding="utf-8")
    head, rule, rest = text.partition("|---|---|---|---|---|---|\n")
    after = rest.split("\n\n", 1)[1]
    head = re.sub(r"\d+( are set aside)", rf"{aside}\1", head)
    page.write_text(head + rule + "".join(lines) + "\n" + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
