"""PostgreSQL's judgement: what it refuses is rejected with its own words, and nothing that is asked is ever run."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterator

import pytest

from sqlport.engines import _installations
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.model import ServerInfo, SqlportError, Verdict
from sqlport.verify import Question, SchemaResult, claim, judge, prepare_schema, schema_digest, way
from sqlport.verify._plan import plan
from sqlport.verify._types import signatures

SCHEMA = (
    "CREATE EXTENSION citext",
    "CREATE TABLE users (id bigint PRIMARY KEY, name citext UNIQUE, active boolean NOT NULL, age bigint, score float8)",
    "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id), body text, raw bytea)",
    "CREATE INDEX notes_user ON notes (user_id)",
    "CREATE SCHEMA other",
    "CREATE TABLE other.things (id bigint)",
    "CREATE VIEW grown AS SELECT * FROM users WHERE age > 17",
    "CREATE SEQUENCE counter",
)


def _servers() -> list[str]:
    return ["embedded", *(f"system-{each.major}" for each in _installations.system())]


@pytest.fixture(scope="module", params=_servers())
def any_server(request: pytest.FixtureRequest, server: Server) -> Iterator[Server]:
    """Every server of this machine: those before 16 have no EXPLAIN (GENERIC_PLAN)."""
    spec, _, major = request.param.partition("-")
    if spec == "embedded":
        yield server
        return
    with throwaway(spec, int(major)) as running:
        yield running


@pytest.fixture(scope="module")
def schema(any_server: Server) -> SchemaResult:
    result = prepare_schema(any_server, SCHEMA)
    assert result.failures == ()
    return result


@pytest.fixture
def ask(any_server: Server, schema: SchemaResult) -> Ask:
    return Ask(any_server, schema)


class Ask:
    def __init__(self, server: Server, schema: SchemaResult) -> None:
        self.server, self.schema = server, schema

    def __call__(self, sql: str, *types: str | None, kind: str = "plan", path: tuple[str, ...] = ()) -> Verdict:
        (verdict,) = judge(self.server, self.schema, [Question(sql, types, kind, path)])  # type: ignore[arg-type]
        return verdict


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT * FROM users WHERE id = $1", ["int"]),
        ("SELECT * FROM users WHERE id = $1;", [None]),
        ("  -- a comment\n /* and /* another */ */ SELECT 1", []),
        ("(SELECT 1) UNION (SELECT 2)", []),
        ("VALUES (1), (2)", []),
        ("TABLE users", []),
        ("INSERT INTO users (id, name, active) VALUES ($1, $2, $3)", ["int", "str", "bool"]),
        ("INSERT INTO users (id, active) VALUES ($1, true) ON CONFLICT (name) DO NOTHING", ["int"]),
        ("UPDATE users SET score = $1, age = $2 WHERE name = $3", ["float", "int", "str"]),
        ("DELETE FROM notes WHERE raw = $1 RETURNING id", ["bytes"]),
        ("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < $1) SELECT x FROM c", ["int"]),
        ("SELECT nextval('counter'), pg_sleep(30), random()", []),
        ("SELECT * FROM users FOR UPDATE", []),
        ("SELECT * FROM grown ORDER BY score NULLS FIRST LIMIT $1 OFFSET $2", ["int", "int"]),
        ("SELECT ''';--', \"name\", $q$;$q$ FROM users", []),
        ("SELECT '\N{SNOWMAN}' AS \"\N{SNOWMAN}\"", []),
        ("SELECT * INTO copied FROM users", []),
    ],
)
def test_what_postgresql_plans_is_verified(ask: Ask, sql: str, types: list[str | None]) -> None:
    verdict = ask(sql, *types)
    assert (verdict.kind, verdict.sqlstate, verdict.message) == ("verified", "", ""), verdict
    assert verdict.server == ask.server.info


@pytest.mark.parametrize(
    ("sql", "types", "sqlstate", "position"),
    [
        ("SELEC 1", [], "", None),
        ("SELECT 1 FROM", [], "42601", 13),
        ("SELECT nosuch FROM users", [], "42703", 7),
        ("SELECT * FROM nosuch", [], "42P01", 14),
        ("SELECT '\N{SNOWMAN}' || nosuch FROM users", [], "42703", 14),
        ("SELECT ifnull(age, 0) FROM users", [], "42883", 7),
        ("SELECT id, max(age) FROM users", [], "42803", 7),
        ("SELECT * FROM users WHERE id = 'abc'", [], "22P02", 31),
        ("SELECT $1 IS NULL", [None], "42P18", None),
        ("SELECT concat($1)", ["str"], "42P18", None),
        ("INSERT INTO users (id, active) VALUES (1, true) ON CONFLICT (age) DO NOTHING", [], "42P10", None),
        ("UPDATE users SET active = $1", ["int"], "42804", None),
        ("SELECT * FROM users WHERE active = $1", ["int"], "42883", 33),
        ("SELECT * FROM users WHERE age = $1", ["bool"], "42883", 30),
        ("SELECT * FROM notes WHERE body = $1", ["bytes"], "42883", 31),
        ("SELECT 1/0", [], "22012", None),
        ("INSERT OR IGNORE INTO users (id) VALUES (1)", [], "42601", 7),
        ("SELECT ?", [], "42601", None),
        ("SELECT 1\0", [], "22021", 8),
        ("SELECT '\ud800'", [], "22021", None),
        ("BEGIN IMMEDIATE", [], "42601", 6),
    ],
)
def test_what_postgresql_refuses_is_rejected_at_its_place(
    ask: Ask, sql: str, types: list[str | None], sqlstate: str, position: int | None
) -> None:
    verdict = ask(sql, *types)
    if not sqlstate:  # not a statement that EXPLAIN takes: it is asked for as DDL is
        verdict = ask(sql, *types, kind="run")
        sqlstate, position = "42601", 0
    assert (verdict.kind, verdict.sqlstate) == ("rejected", sqlstate), verdict
    assert verdict.message
    if position is not None:
        assert verdict.position == position, verdict


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DELETE FROM notes",
        "SELECT 1; DELETE FROM notes; --",
        "DELETE FROM notes; DELETE FROM users",
        "VALUES (1); COMMIT; DELETE FROM notes",
        "CREATE TABLE x (a int); DELETE FROM notes",
        "SET search_path = x; DELETE FROM notes",
        "BEGIN; DELETE FROM notes; COMMIT",
        "ROLLBACK; DELETE FROM notes",
    ],
)
def test_several_statements_in_one_text_are_refused_and_not_run(ask: Ask, sql: str) -> None:
    with ask.server.database(ask.schema.database) as name:
        with ask.server.connect(name) as connection:
            connection.execute("INSERT INTO users VALUES (1, 'a', true); INSERT INTO notes VALUES (1, 1)")
        schema = SchemaResult(name, (), "")
        for kind in ("plan", "run"):
            (verdict,) = judge(ask.server, schema, [Question(sql, (), kind)])
            if verdict.kind == "unverified":
                assert kind == "plan"
            else:
                assert (verdict.kind, verdict.sqlstate) == ("rejected", "42601")
                assert "multiple commands" in verdict.message
        with ask.server.connect(name) as connection:
            assert connection.execute("SELECT count(*) FROM notes").fetchone() == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO users VALUES (7, 'x', true)",
        "WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone",
        "WITH new AS (INSERT INTO users VALUES (7, 'x', true) RETURNING id) SELECT id FROM new",
        "DELETE FROM users",
        "SELECT setval('counter', 100)",
        "SELECT pg_advisory_lock(1), pg_sleep(60)",
        "EXPLAIN ANALYZE DELETE FROM users",
        "EXPLAIN (ANALYZE) DELETE FROM users",
        "DROP TABLE users CASCADE",
        "TRUNCATE users CASCADE",
        "CREATE TABLE copied AS SELECT * FROM users",
        "ALTER TABLE users ADD COLUMN more text",
        "VACUUM FULL users",
        "CREATE INDEX CONCURRENTLY more ON users (age)",
        "COPY users FROM STDIN",
        "DO $$ BEGIN DELETE FROM users; END $$",
        "COMMIT",
        "ROLLBACK",
    ],
)
def test_nothing_changes_the_schema_or_its_rows(ask: Ask, sql: str) -> None:
    with ask.server.connect(ask.schema.database) as connection:
        connection.execute("INSERT INTO users VALUES (1, 'a', true) ON CONFLICT DO NOTHING")
    describe = (
        "SELECT string_agg(c.relname || a.attname, ',' ORDER BY c.relname, a.attnum), "
        "(SELECT string_agg(users::text, ',') FROM users), (SELECT last_value FROM counter) "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE relnamespace IN ('public'::regnamespace, 'other'::regnamespace)"
    )

    def state() -> object:
        with ask.server.connect(ask.schema.database) as connection:
            return connection.execute(describe.encode()).fetchone()

    before = state()
    for kind in ("plan", "run"):
        assert ask(sql, kind=kind).kind in ("verified", "unverified")
    assert state() == before
    with ask.server.connect() as connection:
        left = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
    assert left == (0,)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE fresh (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id))",
        "CREATE TABLE users (id bigint PRIMARY KEY)",
        "CREATE TABLE IF NOT EXISTS users (id bigint PRIMARY KEY, name text)",
        "CREATE INDEX notes_user ON notes (user_id)",
        "CREATE INDEX IF NOT EXISTS notes_user ON notes (user_id)",
        "CREATE VIEW grown AS SELECT 1 AS one",
        "ALTER TABLE users ADD COLUMN age bigint",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS age bigint",
        "CREATE TYPE mood AS ENUM ('good')",
        "SET LOCAL TimeZone = 'UTC'",
        "SHOW search_path",
        "VACUUM",
        "VACUUM ANALYZE users",
        "ANALYZE users",
        "REINDEX TABLE users",
        "COPY users TO STDOUT",
        "COPY users (id, name) FROM STDIN WITH (FORMAT csv)",
        "PREPARE p AS SELECT 1",
        "LISTEN x",
        "DROP TABLE notes",
        "DROP TABLE IF EXISTS nosuch",
        "EXPLAIN SELECT * FROM users WHERE id = $1",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DO $$ BEGIN PERFORM 1; END $$",
    ],
)
def test_statements_that_explain_cannot_take_are_run_and_undone(ask: Ask, sql: str) -> None:
    assert ask(sql, kind="run").kind == "verified", ask(sql, kind="run")
    assert ask(sql, kind="run").kind == "verified", "the first left something behind"
    unasked = ask(sql)
    assert (unasked.kind, unasked.sqlstate) == ("unverified", "")


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("CREATE TABLE users (id nosuch)", "42704"),
        ("CREATE TABLE IF NOT EXISTS users (id nosuch)", "42704"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "42601"),
        ("CREATE INDEX x ON users (nosuch)", "42703"),
        ("PRAGMA foreign_keys = ON", "42601"),
        ("DROP TABLE users", "2BP01"),
        ("COPY users (nosuch) FROM STDIN", "42703"),
        ("ALTER TABLE users ADD COLUMN age bigint DEFAULT 'x'", "22P02"),
    ],
)
def test_statements_that_cannot_run_are_rejected(ask: Ask, sql: str, sqlstate: str) -> None:
    verdict = ask(sql, kind="run")
    assert (verdict.kind, verdict.sqlstate) == ("rejected", sqlstate), verdict


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("COPY users TO '/tmp/users'", "files"),
        ("COPY users TO PROGRAM 'cat'", "files"),
        ("COPY (SELECT 1) TO '/tmp/x'", "files"),
        ("ALTER SYSTEM SET jit = on", "change the server"),
        ("CREATE DATABASE x", "transaction"),
        ("DROP DATABASE postgres", "transaction"),
        ("CREATE EXTENSION file_fdw", "rights"),
        ("CREATE ROLE x SUPERUSER", "rights"),
        ("EXPLAIN ANALYZE SELECT 1", "would run"),
        ("EXECUTE p", "earlier"),
        ("FETCH c", "earlier"),
    ],
)
def test_what_says_nothing_about_the_statement_stays_unverified(ask: Ask, sql: str, reason: str) -> None:
    verdict = ask(sql, kind="run")
    assert verdict.kind == "unverified", verdict
    assert reason in verdict.reason


@pytest.mark.parametrize("sql", ["", " ; ", " -- only a comment", "/* PRAGMA foreign_keys = ON */"])
def test_a_text_of_comments_runs_nothing_and_is_fine(ask: Ask, sql: str) -> None:
    verdict = ask(sql, kind="run")
    assert verdict.kind == "verified"
    assert "nothing to run" in verdict.reason


@pytest.mark.parametrize("sql", ["BEGIN", "COMMIT", "END;", "ROLLBACK TO x", "SAVEPOINT x", "RELEASE x", "ABORT"])
def test_transaction_control_is_parsed(ask: Ask, sql: str) -> None:
    for kind in ("plan", "run"):
        verdict = ask(sql, kind=kind)
        assert (verdict.kind, verdict.reason) == ("verified", "transaction control: parsed only")


def test_types_of_parameters_and_columns_are_told(ask: Ask) -> None:
    verdict = ask("SELECT sum(age) AS total, name, $1 || 'x' FROM users WHERE score > $2 GROUP BY 2", "str", None)
    assert verdict.parameters == ("text", "double precision")
    assert [(column.label, column.type) for column in verdict.columns] == [
        ("total", "numeric"),
        ("name", "citext"),
        ("?column?", "text"),
    ]


def test_modifiers_belong_to_the_type(ask: Ask) -> None:
    assert ask("SELECT 1::numeric(10, 2) AS n").columns[0].type == "numeric(10,2)"


def test_columns_of_what_was_run_are_told(ask: Ask) -> None:
    verdict = ask("SHOW TimeZone", kind="run")
    assert [(column.label.lower(), column.type) for column in verdict.columns] == [("timezone", "text")]


def test_an_int_is_tried_in_all_widths_that_psycopg_sends(ask: Ask) -> None:
    verdict = ask("SELECT substr(body, $1, $2) FROM notes", "int", "int")
    assert verdict.kind == "verified"
    assert "above 2147483647: function substr(text, bigint, bigint) does not exist" in verdict.reason
    assert verdict.parameters == ("integer", "integer")


def test_an_int_that_fits_only_by_luck_is_rejected(ask: Ask) -> None:
    verdict = ask("SELECT int2pl($1, 1::int2)", "int")
    assert (verdict.kind, verdict.sqlstate) == ("rejected", "42883")
    assert "it fails as int4" in verdict.reason


def test_a_parameter_without_a_type_gets_advice(ask: Ask) -> None:
    assert "write a cast" in ask("SELECT $1 IS NULL", "str").reason
    assert ask("SELECT $1::text IS NULL", "str").kind == "verified"
    assert ask("SELECT $1 IS NULL", "int").kind == "verified"


def test_names_are_looked_up_where_the_question_says(ask: Ask) -> None:
    questions = [
        Question("SELECT * FROM things"),
        Question("SELECT * FROM things", search_path=("other",)),
        Question("SELECT * FROM users", search_path=("other",)),
        Question("SELECT * FROM users", search_path=("other", "public")),
        Question("SELECT * FROM things", search_path=()),
        Question("CREATE INDEX x ON things (id)", kind="run", search_path=("other",)),
    ]
    kinds = [verdict.kind for verdict in judge(ask.server, ask.schema, questions)]
    assert kinds == ["rejected", "verified", "rejected", "verified", "rejected", "verified"]


def test_answers_come_in_the_order_of_the_questions(ask: Ask) -> None:
    shapes = [
        ("SELECT {n}", "verified"),
        ("SELECT nosuch{n}", "rejected"),
        ("CREATE TABLE t{n} (a int)", "verified"),
        ("BEGIN", "verified"),
        ("", "verified"),
        ("SELECT * FROM users WHERE id = $1", "verified"),
    ]
    questions, expected = [], []
    for number in range(600):
        sql, kind = shapes[number % len(shapes)]
        questions.append(Question(sql.format(n=number), ("int",) if "$1" in sql else (), "run"))
        expected.append(kind)
    verdicts = judge(ask.server, ask.schema, questions)
    assert [verdict.kind for verdict in verdicts] == expected
    assert verdicts[1].message == 'column "nosuch1" does not exist'
    assert verdicts[595 - 595 % 6 + 1].message == f'column "nosuch{595 - 595 % 6 + 1}" does not exist'


def test_a_large_statement_and_large_plans_pass_through(ask: Ask) -> None:
    wide = "SELECT " + ", ".join(f"{number} AS c{number}" for number in range(1500))
    tall = " UNION ALL ".join(f"SELECT id, name || '{'x' * 100}' FROM users WHERE id = {n}" for n in range(200))
    verdicts = judge(ask.server, ask.schema, [Question(wide), Question(tall)] * 40)
    assert {verdict.kind for verdict in verdicts} == {"verified"}
    assert len(verdicts[0].columns) == 1500


def test_no_question_no_work(ask: Ask) -> None:
    assert judge(ask.server, ask.schema, []) == []


def test_no_database_is_left_behind(ask: Ask) -> None:
    def databases() -> object:
        with ask.server.connect() as connection:
            return connection.execute("SELECT count(*) FROM pg_database").fetchone()

    before = databases()
    ask("SELECT 1")
    ask("VACUUM", kind="run")
    judge(ask.server, SCHEMA, [Question("SELECT 1")])
    assert databases() == before


def test_a_server_that_goes_away_is_told(server: Server) -> None:
    with server.connect() as doomed, server.connect() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [doomed.info.backend_pid])
        with pytest.raises(SqlportError, match="went away"):
            plan(doomed, [Question(f"SELECT {number}") for number in range(1000)])


def test_a_statement_that_takes_too_long_is_unverified(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlport.verify._ASKING", "-c statement_timeout=50 -c default_transaction_read_only=on")
    slow = "CREATE FUNCTION slow() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1 FROM pg_sleep(2)'"
    verdicts = judge(server, [slow], [Question("SELECT slow()"), Question("SELECT 1")])
    assert [(verdict.kind, verdict.sqlstate) for verdict in verdicts] == [("unverified", "57014"), ("verified", "")]


def test_a_function_that_is_called_while_planning_cannot_write(server: Server) -> None:
    sly = "CREATE FUNCTION sly() RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN DELETE FROM t; RETURN 1; END $$"
    (verdict,) = judge(server, ["CREATE TABLE t (a int)", sly], [Question("SELECT sly()")])
    assert (verdict.kind, verdict.sqlstate) == ("rejected", "0A000")


def test_a_url_is_asked_without_its_owner_role(server: Server) -> None:
    with throwaway(server.url) as scratch:
        questions = [Question("SELECT * FROM t WHERE a = $1", ("int",)), Question("DROP TABLE t", kind="run")]
        questions.append(Question("DO $$ BEGIN END $$", kind="run"))
        verdicts = judge(scratch, ["CREATE TABLE t (a bigint)"], questions)
        assert [verdict.kind for verdict in verdicts] == ["verified", "verified", "unverified"]
        assert "beyond the scratch database" in verdicts[2].reason


class TestSchema:
    def test_a_foreign_key_may_name_a_later_table(self, any_server: Server) -> None:
        ddl = ["CREATE TABLE a (b bigint REFERENCES b (id))", "CREATE TABLE b (id bigint PRIMARY KEY)"]
        assert prepare_schema(any_server, ddl).failures == ()

    def test_what_fails_is_told_and_the_rest_is_there(self, any_server: Server) -> None:
        ddl = [
            "CREATE TABLE a (id bigint PRIMARY KEY)",
            "CREATE TABLE bad (id nosuch)",
            "CREATE TABLE worse (id bigint REFERENCES bad (id))",
            "CREATE TABLE c (id bigint); DROP TABLE a",
            "CREATE TABLE \0",
            "CREATE VIEW v AS SELECT id FROM a",
        ]
        result = prepare_schema(any_server, ddl)
        assert [(each.index, each.sqlstate) for each in result.failures] == [
            (1, "42704"),
            (2, "42P01"),
            (3, "42601"),
            (4, "22021"),
        ]
        assert result.failures[0].statement == ddl[1]
        assert result.failures[0].position == ddl[1].index("nosuch")
        assert judge(any_server, result, [Question("SELECT * FROM v")])[0].kind == "verified"

    def test_a_cycle_that_nothing_can_break_ends(self, any_server: Server) -> None:
        ddl = ["CREATE TABLE a (b bigint REFERENCES b)", "CREATE TABLE b (a bigint REFERENCES a)"]
        assert [each.index for each in prepare_schema(any_server, ddl).failures] == [0, 1]

    def test_a_dump_with_its_transaction_control_is_applied(self, any_server: Server) -> None:
        ddl = ["BEGIN", "CREATE TABLE a (id bigint)", "COMMIT;", "", "-- the end"]
        result = prepare_schema(any_server, ddl)
        assert result.failures == ()
        assert judge(any_server, result, [Question("SELECT id FROM a")])[0].kind == "verified"

    def test_what_needs_to_be_alone_is_run_alone(self, any_server: Server) -> None:
        ddl = ["CREATE TABLE a (id bigint)", "CREATE INDEX CONCURRENTLY x ON a (id)", "VACUUM a"]
        assert prepare_schema(any_server, ddl).failures == ()

    def test_the_role_that_applies_it_has_no_rights_over_the_server(self, any_server: Server) -> None:
        ddl = ["CREATE ROLE intruder SUPERUSER", "COPY (SELECT 1) TO PROGRAM 'cat'"]
        assert [each.sqlstate for each in prepare_schema(any_server, ddl).failures] == ["42501", "42501"]

    def test_the_digest_depends_on_the_statements_alone(self, any_server: Server) -> None:
        ddl = ["CREATE TABLE a (id bigint)"]
        assert prepare_schema(any_server, ddl).digest == schema_digest([" CREATE TABLE a (id bigint)\n"])
        assert schema_digest(ddl) != schema_digest([*ddl, "SELECT 1"])
        assert schema_digest(["a", "b"]) != schema_digest(["ab"])


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", "plan"),
        ("((select 1))", "plan"),
        ("/* x */ -- y\n WITH a AS (SELECT 1) SELECT 1", "plan"),
        ("merge into a using b on true when matched then delete", "plan"),
        ("selection", "run"),
        ("CREATE TABLE t (a)", "run"),
        ("PREPARE p AS SELECT 1", "run"),
        ("PREPARE TRANSACTION 'x'", "parse"),
        ("start transaction", "parse"),
        ("END", "parse"),
        (";;", "none"),
        ("/* /* */ SELECT 1", "none"),
        ("", "none"),
    ],
)
def test_the_way_is_told_by_the_first_words(sql: str, expected: str) -> None:
    assert way(sql) == expected


def test_the_types_are_those_that_psycopg_sends() -> None:
    from psycopg.adapt import PyFormat, Transformer

    values: dict[str, object] = {
        "bool": True,
        "bytes": b"x",
        "bytearray": bytearray(b"x"),
        "memoryview": memoryview(b"x"),
        "float": 1.5,
        "str": "x",
        "None": None,
        "Decimal": decimal.Decimal("1.5"),
        "date": datetime.date(2024, 1, 1),
        "time": datetime.time(1, 2),
        "datetime": datetime.datetime(2024, 1, 1),
        "timedelta": datetime.timedelta(1),
        "UUID": uuid.UUID(int=1),
    }
    for name, value in values.items():
        sender = Transformer()
        sender.dump_sequence([value], [PyFormat.AUTO])
        assert signatures([name]) == [sender.types or (0,)], name
    for value, position in ((1, 0), (40_000, 1), (3_000_000_000, 2)):
        sender = Transformer()
        sender.dump_sequence([value], [PyFormat.AUTO])
        assert signatures(["int"])[position] == sender.types


def test_a_verdict_claims_no_more_than_its_server() -> None:
    info = ServerInfo("embedded", 18, "18.6", "C")
    assert claim(info, None) == ""
    assert claim(info, 18) == ""
    assert claim(info, 16) == "planned on 18, target 16 unconfirmed"
