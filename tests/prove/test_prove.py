"""What a proof says: same, differs and in what, or unproven and why."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.model import Proof
from tests.prove.corpus import SCHEMA
from tests.prove.support import proofs


def one(server: Server, original: str, port: str, *schema: str, **options: object) -> Proof:
    """The proof of one pair."""
    return proofs(server, schema or SCHEMA, [(original, port)], **options)[0]  # type: ignore[arg-type]


def aspect(proof: Proof) -> str:
    assert proof.difference is not None, proof
    return proof.difference.aspect


@pytest.mark.parametrize(
    ("original", "port", "expected"),
    [
        ("SELECT id FROM emp WHERE name LIKE 'a%'", "=", "rows"),
        ("SELECT id FROM emp ORDER BY salary", "=", "order"),
        ("SELECT salary > 1 FROM emp", "=", "types"),
        ("SELECT sum(salary) FROM emp", "=", "types"),
        ("SELECT id AS theId FROM emp", "=", "labels"),
        ("SELECT id FROM emp", "SELECT id, name FROM emp", "labels"),
        ("DELETE FROM kv WHERE k LIKE 'a%'", "=", "tables"),
        ("SELECT salary / bonus FROM emp WHERE salary < 9", "=", "error"),
        ("SELECT CAST(name AS INTEGER) FROM emp", "SELECT name::bigint FROM emp", "error"),
    ],
)
def test_a_difference_has_an_aspect(server: Server, original: str, port: str, expected: str) -> None:
    assert aspect(one(server, original, original if port == "=" else port)) == expected


@pytest.mark.parametrize(
    ("original", "reason"),
    [
        ("SELECT last_insert_rowid()", "session"),
        ("SELECT sqlite_version()", "engine"),
        ("SELECT datetime(hired, 'localtime') FROM emp", "time-zone"),
        ("SELECT id FROM emp WHERE salary > 10 AND salary < 3", "vacuous"),
        ("SELECT 1 FROM unheard_of", "no-schema"),
        ("SELECT soundness(name) FROM emp", "unknown-function"),
        ("CREATE INDEX i ON emp (name)", "definition"),
        ("BEGIN", "no-rows"),
        ("PRAGMA foreign_keys = ON", "no-rows"),
    ],
)
def test_what_cannot_be_compared_is_unproven_with_its_reason(server: Server, original: str, reason: str) -> None:
    proof = one(server, original, original)
    assert (proof.kind, proof.reason.partition(":")[0]) == ("unproven", reason)


def test_limit_without_order_is_left_open_where_the_engines_choose_other_rows(server: Server) -> None:
    chosen = one(server, "SELECT id FROM emp LIMIT 3", "SELECT id FROM emp ORDER BY id DESC LIMIT 3")
    assert chosen.reason.startswith("row-order")
    fewer = one(server, "SELECT id FROM emp LIMIT 3", "SELECT id FROM emp LIMIT 2")
    assert aspect(fewer) == "rows"
    strange = one(server, "SELECT id FROM emp LIMIT 3", "SELECT -id AS id FROM emp LIMIT 3")
    assert aspect(strange) == "rows"


def test_rows_that_tie_may_come_in_any_order_and_others_not(server: Server) -> None:
    same = one(
        server,
        "SELECT id, kind FROM dept ORDER BY kind",
        "SELECT id, kind FROM dept ORDER BY kind NULLS FIRST, id DESC",
    )
    assert same.kind == "same"
    cut = one(
        server,
        "SELECT id FROM dept ORDER BY kind LIMIT 3 OFFSET 1",
        "SELECT id FROM dept ORDER BY kind NULLS FIRST, id DESC LIMIT 3 OFFSET 1",
    )
    assert cut.kind == "same"
    wrong = one(server, "SELECT id FROM dept ORDER BY kind LIMIT 3", "SELECT id FROM dept ORDER BY kind LIMIT 3")
    assert wrong.kind == "differs"


def test_a_statement_that_the_universe_shows_nothing_of_gets_rows_of_its_own(server: Server) -> None:
    text = (
        "SELECT e.id FROM emp e JOIN dept d ON d.id = e.dept_id WHERE d.kind = 'Z' AND e.name = 'only here'"
        " AND e.salary BETWEEN 41 AND 43 AND e.nick LIKE 'abc%' AND e.bonus = 77"
    )
    assert one(server, text, text.replace("LIKE 'abc%'", "ILIKE 'abc%'")).kind == "same"
    assert one(server, text, text.replace("= 77", "= 78")).kind == "differs"


def test_numbers_of_new_rows_may_have_gaps_but_not_belong_to_old_rows(server: Server) -> None:
    ignore = "INSERT OR IGNORE INTO users (email) VALUES (?), (?)"
    assert one(server, ignore, "INSERT INTO users (email) VALUES ($1), ($2) ON CONFLICT DO NOTHING").kind == "same"
    replaced = one(
        server,
        "INSERT OR REPLACE INTO users (email) VALUES (?)",
        "INSERT INTO users (email) VALUES ($1) ON CONFLICT (email) DO UPDATE SET handle = DEFAULT, visits = DEFAULT",
    )
    assert aspect(replaced) == "tables"


def test_products_that_overflow_are_no_difference_by_themselves(server: Server) -> None:
    assert one(server, "SELECT salary * bonus FROM emp", "SELECT salary * bonus FROM emp").kind == "same"
    assert one(server, "SELECT salary * bonus FROM emp", "SELECT salary * bonus + 1 FROM emp").kind == "differs"


def test_chance_is_compared_by_shape(server: Server) -> None:
    assert one(server, "SELECT random()", "SELECT (random() * 9e18)::bigint").kind == "same"
    assert aspect(one(server, "SELECT random()", "SELECT random()")) == "types"
    assert aspect(one(server, "SELECT random() FROM dept", "SELECT 1 FROM dept LIMIT 2")) == "rows"


def test_the_clock_may_move_on_but_not_by_hours(server: Server) -> None:
    utc = "to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    assert one(server, "SELECT datetime('now')", f"SELECT {utc}").kind == "same"
    assert (
        one(server, "SELECT datetime('now')", f"SELECT {utc.replace(' AT TIME ZONE', ' AT TIME ZONE')} || ''").kind
        == "same"
    )
    assert one(server, "SELECT datetime('now')", "SELECT to_char(now(), 'YYYY-MM-DD HH24:MI:SS')").kind == "differs"
    default = "INSERT INTO notes (body) VALUES (?)"
    assert one(server, default, "INSERT INTO notes (body) VALUES ($1)").kind == "same"


def test_triggers_do_not_fire_while_rows_are_put_in_but_when_the_statement_runs(server: Server) -> None:
    schema = (
        "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT)",
        "CREATE TRIGGER noted AFTER DELETE ON item BEGIN INSERT INTO log (text) VALUES (old.name); END",
    )
    delete, forgotten = "DELETE FROM item WHERE id = ?", "UPDATE item SET name = 'gone' WHERE id = $1"
    assert one(server, delete, "DELETE FROM item WHERE id = $1", *schema).kind == "same"
    assert aspect(one(server, delete, forgotten, *schema)) == "tables"


def test_tables_that_refer_to_each_other_are_filled(server: Server) -> None:
    schema = (
        "CREATE TABLE team (id INTEGER PRIMARY KEY, lead INTEGER REFERENCES person (id))",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, team INTEGER REFERENCES team (id), name TEXT)",
    )
    ported = (
        "CREATE TABLE team (id bigint PRIMARY KEY, lead bigint)",
        "CREATE TABLE person (id bigint PRIMARY KEY, team bigint REFERENCES team (id), name text)",
        "ALTER TABLE team ADD FOREIGN KEY (lead) REFERENCES person (id)",
    )
    text = "SELECT p.name, t.id FROM person p JOIN team t ON t.id = p.team"
    assert one(server, text, text, *schema, ddl=ported).kind == "same"


def test_the_profile_decides_which_types_come_back(server: Server) -> None:
    schema = "CREATE TABLE visit (id INTEGER PRIMARY KEY, seen BOOLEAN, at DATE)"
    text = "SELECT seen, at FROM visit"
    assert one(server, text, text, schema).kind == "same"
    assert aspect(one(server, text, text, schema, config=Config(profile="native"))) == "types"


def test_the_same_seed_gives_the_same_difference(server: Server) -> None:
    first, second = (
        one(server, "SELECT id FROM emp WHERE name LIKE ?", "SELECT id FROM emp WHERE name LIKE $1") for _ in "ab"
    )
    assert first == second


@pytest.mark.skipif(not (shutil.which("sqlite3") and shutil.which("psql")), reason="needs sqlite3 and psql")
@pytest.mark.parametrize(
    ("original", "port"),
    [
        (
            "SELECT id, name FROM emp WHERE name LIKE ? AND salary > ?",
            "SELECT id, name FROM emp WHERE name LIKE $1 AND salary > $2",
        ),
        (
            "INSERT OR REPLACE INTO kv (k, v) VALUES (?, ?)",
            "INSERT INTO kv (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        ),
    ],
)
def test_the_script_shows_the_difference_with_the_programs(server: Server, original: str, port: str) -> None:
    proof = one(server, original, port)
    assert proof.difference is not None
    with server.database() as name:
        environment = {**os.environ, "PGOPTIONS": ""}
        url = server.database_url(name)
        script = proof.difference.script.replace("psql -X -q", f"psql -X -q '{url}'")
        first, marker, second = script.partition("psql -X -q")
        ours, theirs = (
            subprocess.run(
                ["/bin/sh", "-c", part], capture_output=True, text=True, env=environment, timeout=60, check=True
            )
            for part in (first, marker + second)
        )
    assert (ours.stderr, theirs.stderr) == ("", "")
    for line in proof.difference.sqlite:
        if line.startswith("("):
            assert line.strip("()").replace(", ", ",") in ours.stdout
    shown = sum(int(count) for count in re.findall(r"^\((\d+) rows?\)$", theirs.stdout, re.MULTILINE))
    assert shown == sum(line.startswith("(") for line in proof.difference.postgres)
    assert "INSERT INTO" in script
    assert len(script.splitlines()) < 60


def test_a_difference_is_made_small(server: Server) -> None:
    proof = one(server, "SELECT id FROM emp WHERE name LIKE 'a%'", "SELECT id FROM emp WHERE name LIKE 'a%'")
    assert proof.difference is not None
    inserts = proof.difference.script.split("INSERT INTO")
    assert len(inserts) == 3, proof.difference.script  # one row of one table in each program
    assert '"emp" ("id", "name", "active")' in inserts[1]


@pytest.mark.parametrize(
    ("original", "reason"),
    [
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", "limit"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 30000) SELECT i FROM n", "limit"),
        ("SELECT nothing_of_that_name FROM emp", "no-schema"),
        ("SELECT name FROM emp a JOIN emp b ON a.boss = b.id", "refused"),
    ],
)
def test_what_never_ends_or_gives_too_much_or_is_refused_is_unproven(
    server: Server, original: str, reason: str
) -> None:
    proof = one(server, original, original)
    assert (proof.kind, proof.reason.partition(":")[0]) == ("unproven", reason)


def test_ties_of_a_window_are_no_difference_and_hide_none(server: Server) -> None:
    text = "SELECT id, row_number() OVER (ORDER BY salary) FROM emp"
    right = one(server, text, text.replace("salary", "salary NULLS FIRST, id DESC"))
    assert right.reason.startswith("row-order")
    wrong = one(server, text, text)
    assert wrong.kind == "differs"
    assert wrong.difference is not None
    assert len(wrong.difference.script.splitlines()) < 60


def test_a_number_that_the_statement_gives_is_not_taken_for_a_new_one(server: Server) -> None:
    proof = one(
        server, "INSERT INTO users (email, visits) VALUES (?, 40)", "INSERT INTO users (email, visits) VALUES ($1, 41)"
    )
    assert aspect(proof) == "tables"


def test_sequences_are_as_before_after_a_difference_was_made_small(server: Server) -> None:
    insert = "INSERT INTO notes (body, made) VALUES (?, 'x')"
    pairs = [(insert, insert.replace("?", "$1 || 'y'")), (insert, insert.replace("?", "$1"))]
    wrong, right = proofs(server, SCHEMA, pairs)
    assert (wrong.kind, right.kind) == ("differs", "same")
