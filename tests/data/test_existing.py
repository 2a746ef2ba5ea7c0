"""Tables that an ORM or somebody else has made: what its schema asks of the rows is kept, or said before they go."""

from __future__ import annotations

import pytest

from tests.data.conftest import Ask, Data, Make

USERS = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, state TEXT, meta TEXT);
INSERT INTO users VALUES (1, 'Ann', 'new', '{}'), (2, 'Bob', 'old', '[1]'), (7, 'Cyd', NULL, NULL);
"""
STATE = "DROP TYPE IF EXISTS state; CREATE TYPE state AS ENUM ('new', 'old');"


def test_identities_generated_columns_triggers_and_partitions_are_the_targets_own(
    make: Make, data: Data, ask: Ask, url: str
) -> None:
    ask(
        "CREATE SCHEMA \"App\"; CREATE TYPE \"App\".state AS ENUM ('new', 'old');"
        'CREATE TABLE "App".users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(3),'
        ' state "App".state, meta jsonb, seen timestamptz NOT NULL DEFAULT now());'
        'CREATE TABLE "App"."Order" ("Id" serial PRIMARY KEY, "userId" int REFERENCES "App".users, n real,'
        ' twice real GENERATED ALWAYS AS (n * 2) STORED) PARTITION BY RANGE ("Id");'
        'CREATE TABLE "App".low PARTITION OF "App"."Order" FOR VALUES FROM (0) TO (5);'
        'CREATE TABLE "App".high PARTITION OF "App"."Order" DEFAULT;'
        'CREATE FUNCTION "App".shout() RETURNS trigger LANGUAGE plpgsql AS'
        " $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;"
        'CREATE TRIGGER shout BEFORE INSERT ON "App".users FOR EACH ROW EXECUTE FUNCTION "App".shout()'
    )
    file = make(
        USERS + 'CREATE TABLE "Order" ("Id" INTEGER PRIMARY KEY, "userId" INT, n REAL, twice REAL AS (n * 2));'
        'INSERT INTO "Order" ("Id", "userId", n) VALUES (1, 1, 0.5), (9, 7, NULL)'
    )
    result = data("copy", file, url, "--schema", "App", "--no-backup")
    assert result.exit_code == 0, result.output
    assert "column users.seen is only in PostgreSQL: it gets its default" in result.stderr
    assert "low" not in result.stderr
    assert ask('SELECT id, name, state::text, meta FROM "App".users ORDER BY id') == [
        (1, "Ann", "new", {}),
        (2, "Bob", "old", [1]),
        (7, "Cyd", None, None),
    ]
    assert ask('SELECT tableoid::regclass::text, twice FROM "App"."Order" ORDER BY "Id"') == [
        ('"App".low', 1.0),
        ('"App".high', None),
    ]
    assert ask("INSERT INTO \"App\".users (name) VALUES ('dan') RETURNING id, name") == [(8, "DAN")]
    assert ask('INSERT INTO "App"."Order" ("userId") VALUES (1) RETURNING "Id"') == [(10,)]
    assert data("verify", file, url, "--schema", "App").stdout.splitlines()[:4] == [
        "users: 3 rows in SQLite, 4 in PostgreSQL",
        "users (id = 8): is only in PostgreSQL",
        "Order: 2 rows in SQLite, 3 in PostgreSQL",
        "Order (Id = 10): is only in PostgreSQL",
    ]


def test_a_column_without_which_no_row_can_come_is_told_before(make: Make, data: Data, ask: Ask, url: str) -> None:
    ask("CREATE TABLE users (id bigint PRIMARY KEY, name text, must text NOT NULL, may text NOT NULL DEFAULT '')")
    file = make(USERS)
    said = "users: must is only in PostgreSQL, takes no NULL and has no default"
    checked = data("check", file, url)
    assert (checked.exit_code, said in checked.stdout) == (1, True)
    copied = data("copy", file, url, "--no-backup")
    assert (copied.exit_code, said in copied.stderr) == (2, True)
    ask("ALTER TABLE users ALTER must SET DEFAULT 'x'")
    assert data("check", file, url).exit_code == 0


def test_a_value_that_an_enum_has_not_is_a_misfit_of_its_column(make: Make, data: Data, ask: Ask, url: str) -> None:
    ask(f"{STATE} CREATE TABLE users (id bigint PRIMARY KEY, name text, state state, meta json)")
    file = make(USERS + "UPDATE users SET state = 'gone' WHERE id = 2")
    assert "users.state: 1 not-in-enum" in data("check", file, url).stdout
    failed = data("copy", file, url, "--no-backup")
    assert failed.exit_code == 2
    assert "users.state, id = 2: 'gone' (not-in-enum)" in failed.stderr
    assert data("copy", file, url, "--no-backup", "--policy", "users.state=coerce:null").exit_code == 0
    assert ask("SELECT state::text FROM users ORDER BY id") == [("new",), (None,), (None,)]


@pytest.mark.parametrize("type_", ["text", "jsonb"])
def test_rows_that_only_the_server_refuses_are_left_out_and_the_rest_is_compared(
    make: Make, data: Data, ask: Ask, url: str, type_: str
) -> None:
    ask(f"CREATE TABLE users (id bigint PRIMARY KEY, name text UNIQUE CHECK (name <> 'Bob'), state text, meta {type_})")
    file = make(USERS + "INSERT INTO users VALUES (8, 'Cyd', 'again', NULL)")
    failed = data("copy", file, url, "--no-backup")
    assert "id = 2" in failed.stderr
    assert "--policy users.*=reject leaves such rows out" in failed.stderr
    assert "the target is as it was" in failed.stderr
    result = data("copy", file, url, "--no-backup", "--on-misfit", "reject", "--rejects", "out.jsonl")
    assert result.exit_code == 1, result.output
    assert result.stdout == "1 tables, 2 rows, every value compared\n"
    assert "2 rows rejected" in result.stderr
    assert ask("SELECT id FROM users ORDER BY id") == [(1,), (7,)]


def test_tables_that_others_refer_to_are_not_emptied_behind_their_back(
    make: Make, data: Data, ask: Ask, url: str
) -> None:
    ask("CREATE TABLE users (id bigint PRIMARY KEY, name text, state text, meta text); INSERT INTO users VALUES (1)")
    ask("CREATE TABLE visits (u bigint REFERENCES users); INSERT INTO visits VALUES (1)")
    result = data("copy", make(USERS), url, "--no-backup", "--truncate")
    assert result.exit_code == 2
    assert 'Table "visits" references "users"' in result.stderr
    assert "--resume" not in result.stderr
    assert ask("SELECT id FROM visits, users") == [(1,)]


def test_what_a_role_may_not_do_is_an_error_and_no_fault(make: Make, data: Data, ask: Ask, url: str) -> None:
    ask(
        "DROP ROLE IF EXISTS sqlport_reader; CREATE ROLE sqlport_reader LOGIN;"
        "REVOKE CREATE ON SCHEMA public FROM public"
    )
    ask("CREATE SCHEMA app; CREATE TABLE app.users (id bigserial PRIMARY KEY, name text, state text, meta text)")
    ask("GRANT USAGE ON SCHEMA app TO sqlport_reader; GRANT SELECT, INSERT ON app.users TO sqlport_reader")
    file, limited = make(USERS), url.replace("postgres@", "sqlport_reader@")
    try:
        for arguments, said in (
            (("copy", file, limited, "--no-backup"), "permission denied for database"),
            (
                ("copy", file, limited, "--no-backup", "--schema", "app", "--truncate"),
                "permission denied for table users",
            ),
            (("verify", file, limited, "--schema", "app"), "permission denied for sequence users_id_seq"),
        ):
            result = data(*arguments)
            assert result.exit_code == 2, result.output
            assert f"PostgreSQL: {said}" in result.stderr
    finally:
        ask("DROP OWNED BY sqlport_reader; DROP ROLE sqlport_reader")
