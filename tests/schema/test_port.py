"""A whole schema is ported in an order that works, nothing is lost in silence, and it can be taken back."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import ClassVar

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.model import SqlportError
from sqlport.rulebook import load
from sqlport.schema import PortedSchema, Source, down_sql, port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server
from sqlport.schema.from_postgres import read_postgres
from sqlport.schema.migrations import Migration, port_migrations
from sqlport.schema.settled import settled

BOOK = load()


def database(folder: Path, script: str) -> Path:
    file = folder / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(script)
    connection.close()
    return file


def ported(source: Source) -> PortedSchema:
    return port_schema(source, Config().target, BOOK)


def of_script(tmp_path: Path, script: str) -> PortedSchema:
    return ported(read_source(database(tmp_path, script), Config()))


def names(schema: PortedSchema, *kinds: str) -> list[str]:
    return [each.name for each in schema.definitions if each.kind in kinds]


def test_tables_come_behind_those_that_they_refer_to(tmp_path: Path) -> None:
    schema = of_script(
        tmp_path,
        "CREATE TABLE c (b INTEGER REFERENCES b (id)); CREATE TABLE a (id INTEGER PRIMARY KEY);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));",
    )
    assert names(schema, "table") == ["a", "b", "c"]
    assert names(schema, "foreign key") == []


def test_a_circle_is_closed_by_alter_table(tmp_path: Path, server: Server) -> None:
    schema = of_script(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id) ON DELETE CASCADE, x TEXT);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER, own INTEGER REFERENCES b,"
        " FOREIGN KEY (a) REFERENCES a (id));",
    )
    keys = [each.sql for each in schema.of_kind("foreign key")]
    assert keys == ["ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a (id)"]
    assert on_server(schema, server)[0].schema.not_ported == ()


def test_a_key_waits_for_the_unique_index_of_its_target(tmp_path: Path, server: Server) -> None:
    schema = of_script(
        tmp_path,
        "CREATE TABLE p (code TEXT); CREATE TABLE c (code TEXT CONSTRAINT named REFERENCES p (code));"
        "CREATE UNIQUE INDEX p_code ON p (code);",
    )
    last = schema.definitions[-1]
    assert last.sql == "ALTER TABLE c ADD CONSTRAINT named FOREIGN KEY (code) REFERENCES p (code)"
    assert on_server(schema, server)[0].schema.not_ported == ()


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        ("REFERENCES nowhere (id)", "there is no table nowhere"),
        ("REFERENCES p (plain)", "nothing keeps p (plain) unique"),
        ("REFERENCES p", "p has no such column, or no primary key"),
    ],
)
def test_a_key_that_postgresql_cannot_have_is_told(tmp_path: Path, server: Server, clause: str, reason: str) -> None:
    schema = of_script(tmp_path, f"CREATE TABLE p (plain TEXT); CREATE TABLE c (a TEXT {clause}, b TEXT -- last\n)")
    sure = on_server(schema, server)[0].schema
    assert [(each.kind, each.of, each.columns) for each in sure.not_ported] == [("foreign key", "c", ("a",))]
    assert reason in sure.not_ported[0].reason
    assert clause in up_sql(sure)


def test_only_the_refused_constraint_is_left_out(tmp_path: Path, server: Server) -> None:
    script = "CREATE TABLE t (a INTEGER DEFAULT '', b TEXT CHECK (b GLOB '[a-z]*'), c AS (date(b)), CHECK (a > 0))"
    sure, shape = on_server(of_script(tmp_path, script), server)
    kinds = sorted(each.kind for each in sure.schema.not_ported)
    assert kinds == ["default", "generated"]
    assert [column.name for column in shape.tables["t"].columns] == ["a", "b", "c"]
    assert len(shape.tables["t"].checks) == 2


def test_virtual_and_temporary_things_are_told(tmp_path: Path) -> None:
    schema = of_script(tmp_path, "CREATE VIRTUAL TABLE f USING rtree (i, a, b); CREATE TABLE t (a TEXT)")
    assert [(each.kind, each.name) for each in schema.not_ported] == [("virtual table", "f")]
    assert names(schema, "table") == ["t"]


def test_views_come_behind_those_that_they_read(tmp_path: Path, server: Server) -> None:
    schema = of_script(
        tmp_path,
        "CREATE TABLE t (a TEXT); CREATE VIEW outer_v AS SELECT a FROM inner_v;CREATE VIEW inner_v AS SELECT a FROM t;",
    )
    assert names(schema, "view") == ["inner_v", "outer_v"]
    assert on_server(schema, server)[0].schema.not_ported == ()


def test_identity_columns_go_on_where_sqlite_was(tmp_path: Path, server: Server) -> None:
    script = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT); INSERT INTO a (id) VALUES (70);"
        "DELETE FROM a; CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO b VALUES (5000000000);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY);"
    )
    schema = of_script(tmp_path, script)
    with server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(schema).encode())
        connection.execute("INSERT INTO a (x) VALUES ('n')")
        for table, following in (("a", 71), ("b", None), ("c", None)):
            row = connection.execute(f"SELECT max(id) FROM {table}".encode()).fetchone()
            assert row == (following,)
        assert connection.execute("INSERT INTO b DEFAULT VALUES RETURNING id").fetchone() == (5000000001,)
        assert connection.execute("INSERT INTO c DEFAULT VALUES RETURNING id").fetchone() == (1,)


def test_down_leaves_an_empty_database(tmp_path: Path, server: Server) -> None:
    script = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id), n TEXT COLLATE NOCASE);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id)); CREATE VIEW v AS SELECT id FROM a;"
        "CREATE VIEW w AS SELECT id FROM v; CREATE INDEX i ON a (n);"
        "CREATE TRIGGER g AFTER INSERT ON a BEGIN UPDATE b SET a = NEW.id; END;"
    )
    schema = of_script(tmp_path, script)
    with server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(schema).encode())
        assert len(read_postgres(connection).tables) == 2
        connection.execute(down_sql(schema).encode())
        left = connection.execute(
            "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),"
            " (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),"
            " (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql')"
        ).fetchone()
        assert left == (0, 0, 0)


def test_a_script_ends_behind_a_comment(tmp_path: Path, server: Server) -> None:
    schema = of_script(tmp_path, "CREATE TABLE a (x TEXT) /* kept */; CREATE VIEW v AS SELECT x FROM a -- last\n;")
    with server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(schema).encode())
        assert "v" in read_postgres(connection).views


def test_the_profile_native_has_types_of_its_own(tmp_path: Path, server: Server) -> None:
    script = (
        "CREATE TABLE t (ok BOOLEAN NOT NULL DEFAULT 1, at TIMESTAMP, doc JSON, cost DECIMAL(8, 2) DEFAULT 0, u UUID)"
    )
    config = Config(profile="native")
    source = read_source(database(tmp_path, script), config)
    sure, shape = on_server(port_schema(source, config.target, BOOK), server)
    assert sure.schema.not_ported == ()
    assert [column.type for column in shape.tables["t"].columns] == [
        "boolean",
        "timestamp with time zone",
        "jsonb",
        "numeric(8,2)",
        "uuid",
    ]
    assert shape.tables["t"].columns[0].default == "true"


def test_names_of_any_kind_survive(tmp_path: Path, server: Server) -> None:
    script = """
        CREATE TABLE "Order Details" ("user" INTEGER PRIMARY KEY, [weird name]TEXT UNIQUE, `Größe` REAL, "a""b" INT);
        CREATE TABLE "group" (id INTEGER PRIMARY KEY, "order" INTEGER UNIQUE REFERENCES "Order Details" ("user"));
        CREATE INDEX "my index" ON "Order Details" ("weird name" DESC);
        CREATE VIEW "My View" AS SELECT "user" AS "User Id" FROM "Order Details";
        CREATE TRIGGER "trg 1" AFTER INSERT ON "group" WHEN new."order" > 0 BEGIN DELETE FROM "Order Details"; END;
    """
    sure, shape = on_server(of_script(tmp_path, script), server)
    assert sure.schema.not_ported == ()
    assert list(shape.tables) == ["group", "order details"]
    assert [column.name for column in shape.tables["order details"].columns] == ["user", "weird name", "größe", 'a"b']
    assert shape.tables["group"].triggers[0].name == "trg 1"


class TestMigrations:
    def folder(self, tmp_path: Path, **files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name.replace('__', '.')}.sql").write_text(text, encoding="utf-8")
        return tmp_path

    def test_they_are_applied_in_the_order_of_their_numbers(self, tmp_path: Path) -> None:
        folder = self.folder(
            tmp_path,
            _10_rename="ALTER TABLE t RENAME TO u;",
            _2_first="CREATE TABLE t (a TEXT);",
            _9_add="ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 3;",
        )
        table = read_source(folder, Config()).catalog.table("u")
        assert table is not None
        assert [column.name for column in table.columns] == ["a", "b"]

    def test_what_a_rebuild_drops_is_gone(self, tmp_path: Path) -> None:
        folder = self.folder(
            tmp_path,
            _1="CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX t_a ON t (a);",
            _2="PRAGMA foreign_keys = OFF; BEGIN; CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT NOT NULL);"
            "INSERT INTO new_t SELECT * FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t; COMMIT; VACUUM;",
        )
        source = read_source(folder, Config())
        table = source.catalog.table("t")
        assert table is not None
        assert (table.indexes, table.columns[1].not_null, source.problems) == ((), True, ())

    def test_the_way_back_is_not_taken(self, tmp_path: Path) -> None:
        folder = self.folder(
            tmp_path,
            _1__up="CREATE TABLE t (a TEXT);",
            _1__down="DROP TABLE t;",
            _2="-- +goose Up\nCREATE TABLE u (a TEXT);\n-- +goose Down\nDROP TABLE u;",
        )
        assert {table.name for table in read_source(folder, Config()).catalog} == {"t", "u"}

    def test_what_sqlite_refuses_is_told_with_its_place(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path, _1="CREATE TABLE t (a TEXT);\n\nCREATE INDEX i ON nowhere (a);")
        (problem,) = read_source(folder, Config()).problems
        assert problem.place.endswith("_1.sql:3")
        assert "no such table" in problem.reason


class TestPerMigration:
    MIGRATIONS: ClassVar = {
        "1_first.sql": (
            "PRAGMA foreign_keys = ON;\n"
            "CREATE TABLE child (id INTEGER PRIMARY KEY, pid INTEGER REFERENCES parent (id), n TEXT COLLATE NOCASE);\n"
            'CREATE TABLE parent (id INTEGER PRIMARY KEY, a TEXT);\nINSERT INTO parent (a) VALUES ("x");\n'
        ),
        "2_rebuild.sql": (
            "BEGIN;\nCREATE TABLE new_parent (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT '', ok BOOLEAN);\n"
            "INSERT INTO new_parent (id, a) SELECT id, a FROM parent;\nDROP TABLE parent;\n"
            "ALTER TABLE new_parent RENAME TO parent;\nCOMMIT;\n"
        ),
        "3_index.sql": "CREATE INDEX parent_a ON parent (a) WHERE ok;\n",
    }

    def test_each_is_ported_and_together_they_make_the_schema(self, tmp_path: Path, server: Server) -> None:
        before, after = tmp_path / "before", tmp_path / "after"
        before.mkdir()
        after.mkdir()
        for name, text in self.MIGRATIONS.items():
            (before / name).write_text(text)
        made = port_migrations(before, Config().target, BOOK)
        assert [(each.name, each.left) for each in made] == [(name, ()) for name in self.MIGRATIONS]
        for each in made:
            (after / each.name).write_text(each.sql)
        source = read_source(before, Config())
        found = drift(source, ported(source), str(after), server)
        assert (found.differences, found.known) == ((), ())
        assert "-- PRAGMA foreign_keys = ON;" in made[0].sql
        assert "ALTER TABLE child ADD FOREIGN KEY (pid) REFERENCES parent (id);" in made[1].sql

    def test_a_migration_that_sqlite_refuses_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "1.sql").write_text("CREATE TABLE t (a TEXT);\nALTER TABLE nowhere ADD COLUMN b;\n")
        with pytest.raises(SqlportError, match=r"1\.sql:2: SQLite refuses"):
            port_migrations(tmp_path, Config().target, BOOK)

    def test_a_folder_without_migrations_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SqlportError, match="no migrations"):
            port_migrations(tmp_path, Config().target, BOOK)


class TestFiles:
    def test_a_file_is_only_read(self, tmp_path: Path) -> None:
        file = database(tmp_path, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x')")
        before = hashlib.sha256(file.read_bytes()).hexdigest()
        file.chmod(0o400)
        port_schema(read_source(file, Config()), Config().target, BOOK)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == before
        assert [each.name for each in tmp_path.iterdir()] == ["app.db"]

    def test_a_file_in_wal_mode_is_read_with_what_the_log_holds(self, tmp_path: Path) -> None:
        writer = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (a TEXT)")
        before = (tmp_path / "app.db").read_bytes()
        assert read_source(tmp_path / "app.db", Config()).catalog.table("t") is not None
        assert (tmp_path / "app.db").read_bytes() == before
        writer.close()

    @pytest.mark.parametrize(
        ("content", "message"),
        [(b"no database at all" * 9, "is not a SQLite 3 database"), (b"SQLite format 3\0" + b"\xff" * 200, "app.db")],
    )
    def test_what_is_no_database_is_told(self, tmp_path: Path, content: bytes, message: str) -> None:
        (tmp_path / "app.db").write_bytes(content)
        with pytest.raises(SqlportError, match=message):
            read_source(tmp_path / "app.db", Config())

    def test_a_locked_file_is_told(self, tmp_path: Path) -> None:
        file = database(tmp_path, "CREATE TABLE t (a TEXT)")
        writer = sqlite3.connect(file, isolation_level=None)
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SqlportError, match="locked"):
            read_source(file, Config())
        writer.close()

    def test_names_that_are_no_utf8_are_told(self, tmp_path: Path) -> None:
        file = database(tmp_path, "CREATE TABLE good (a TEXT); CREATE TABLE xxbad (a TEXT)")
        file.write_bytes(file.read_bytes().replace(b"xxbad", b"\xff\xfebad"))
        source = read_source(file, Config())
        assert [table.name for table in source.catalog] == ["good"]
        assert "UTF-8" in source.problems[0].reason

    def test_a_missing_path_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SqlportError, match="no such file"):
            read_source(tmp_path / "nothing.db", Config())

    def test_code_without_tables_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text("print(1)\n")
        with pytest.raises(SqlportError, match="no table"):
            read_source(tmp_path, Config())

    def test_the_tables_of_code_are_a_schema(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_text(
            "import sqlite3\ncon = sqlite3.connect('x')\ncon.execute('CREATE TABLE t (id INTEGER PRIMARY KEY)')\n"
        )
        source = read_source(tmp_path, Config())
        assert (source.kind, [table.name for table in source.catalog]) == ("code", ["t"])


class TestSettledMigrations:
    def test_what_the_server_refuses_is_a_comment_with_its_reason(self, server: Server) -> None:
        text = "CREATE TABLE t (a bigint);\nINSERT INTO t VALUES (1); INSERT INTO t\n  VALUES ('x');\nSELECT none();\n"
        with server.database() as name, server.connect(name) as connection:
            (made,) = settled([Migration("1.sql", text)], connection)
            assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
        assert [one.partition(" (of")[0] for one in made.left] == ["1.sql:2", "1.sql:4"]
        assert "-- INSERT INTO t\n--   VALUES ('x');" in made.sql
        with server.database() as name, server.connect(name) as connection:
            connection.execute(made.sql.encode())

    def test_what_runs_stays_as_it_is(self, server: Server) -> None:
        made = Migration("1.sql", "CREATE TABLE t (a bigint);\n-- kept\nINSERT INTO t VALUES (1);\n")
        with server.database() as name, server.connect(name) as connection:
            assert settled([made], connection) == [made]

    def test_a_rebuilt_table_keeps_the_names_of_its_keys_apart(self, tmp_path: Path, server: Server) -> None:
        before, after = tmp_path / "before", tmp_path / "after"
        before.mkdir()
        after.mkdir()
        (before / "1.sql").write_text(
            "CREATE TABLE `t` (id INTEGER PRIMARY KEY, a TEXT, CONSTRAINT uq UNIQUE (a));\n"
            "CREATE TABLE `c` (tid INTEGER, FOREIGN KEY (`tid`) REFERENCES `t` (`id`) ON DELETE CASCADE);\n"
        )
        (before / "2.sql").write_text(
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE `t_new` (id INTEGER PRIMARY KEY, a TEXT, b INT,"
            " CONSTRAINT uq UNIQUE (a));\nINSERT INTO `t_new` SELECT id, a, 1 FROM `t`;\nDROP TABLE `t`;\n"
            "ALTER TABLE `t_new` RENAME TO `t`;\n"
        )
        made = port_migrations(before, Config().target, BOOK)
        with server.database() as name, server.connect(name) as connection:
            assert [one.left for one in settled(made, connection)] == [(), ()]
        for each in made:
            (after / each.name).write_text(each.sql)
        source = read_source(before, Config())
        assert drift(source, ported(source), str(after), server).differences == ()

    @pytest.mark.parametrize("named", ["t", "t_new"])
    def test_a_rebuilt_table_keeps_the_key_to_itself(self, tmp_path: Path, server: Server, named: str) -> None:
        before, after = tmp_path / "before", tmp_path / "after"
        before.mkdir()
        after.mkdir()
        (before / "1.sql").write_text("CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id));\n")
        (before / "2.sql").write_text(
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE t_new (id INTEGER PRIMARY KEY, up INTEGER,"
            f" FOREIGN KEY (up) REFERENCES {named} (id) ON DELETE CASCADE);\nINSERT INTO t_new SELECT * FROM t;\n"
            "DROP TABLE t;\nALTER TABLE t_new RENAME TO t;\n"
        )
        for each in port_migrations(before, Config().target, BOOK):
            (after / each.name).write_text(each.sql)
        source = read_source(before, Config())
        assert drift(source, ported(source), str(after), server).differences == ()

    def test_programs_among_the_migrations_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "1_first.go").write_text("package migrations\n")
        (tmp_path / "2.sql").write_text("CREATE INDEX i ON t (a);\n")
        (problem,) = read_source(tmp_path, Config()).problems
        assert "1_first.go" in problem.reason


def test_keys_of_one_name_get_names_of_their_own(tmp_path: Path, server: Server) -> None:
    schema = of_script(
        tmp_path,
        "CREATE TABLE a (x TEXT, CONSTRAINT uq UNIQUE (x)); CREATE TABLE b (x TEXT CONSTRAINT uq UNIQUE);"
        "CREATE TABLE c (x TEXT, CONSTRAINT a PRIMARY KEY (x), CONSTRAINT only_here UNIQUE (x));",
    )
    texts = [each.sql for each in schema.of_kind("table")]
    assert [name in text for name, text in zip(("CONSTRAINT uq ", "b_uq", "c_a"), texts, strict=True)] == [True] * 3
    assert "CONSTRAINT only_here" in texts[2]
    renamed = [finding.message for each in schema.definitions for finding in each.findings if finding.code == "IDX002"]
    assert len(renamed) == 2
    assert on_server(schema, server)[0].schema.not_ported == ()


def test_helpers_come_first_and_go_last(tmp_path: Path, server: Server) -> None:
    script = "CREATE TABLE t (a TEXT CHECK (date(a) IS NOT NULL)); CREATE VIEW v AS SELECT date(a) AS d FROM t"
    config = Config(helpers=True)
    source = read_source(database(tmp_path, script), config)
    schema = on_server(port_schema(source, config.target, BOOK), server)[0].schema
    assert schema.not_ported == ()
    with server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(schema).encode())
        connection.execute(down_sql(schema).encode())
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.execute(functions).fetchone() == (0,)


def test_nocase_as_a_collation_of_icu(tmp_path: Path, server: Server) -> None:
    script = "CREATE TABLE t (a VARCHAR(9) COLLATE NOCASE UNIQUE, b INT)"
    config = Config(types={"nocase": "icu"})
    schema = port_schema(read_source(database(tmp_path, script), config), config.target, BOOK)
    assert [each.sql for each in schema.of_kind("table")] == ["CREATE TABLE t (a text COLLATE NOCASE UNIQUE, b bigint)"]
    (collation,) = schema.of_kind("collation")
    assert "deterministic = false" in collation.sql
    assert "DROP COLLATION IF EXISTS nocase;" in down_sql(schema)
    # the server of these tests was built without ICU: that is said, and the table stays
    lost = on_server(schema, server)[0].schema.not_ported
    assert [(one.kind, one.columns) for one in lost] == [("collation", ()), ("collate", ("a",))]
    assert "ICU" in lost[0].reason
