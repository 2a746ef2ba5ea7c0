"""A project's calls are ported as a whole, by the names that its imports give them, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.project import fix
from sqlport.results import Report

Port = Callable[..., Report]
OPENS = 'import sqlite3\n\nconnection = sqlite3.connect("app.db")\n'


@pytest.fixture
def port(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Port:
    """Writes files, runs `fix --write --unsafe` over them, and returns the report."""
    monkeypatch.chdir(tmp_path)

    def run(**files: str) -> Report:
        for name, text in files.items():
            path = tmp_path / name.replace("INIT", "__init__").replace("_in_", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".py").write_bytes(text.encode())
        return fix(["."], Config(root=tmp_path, postgres=server.url), write=True, unsafe=True)

    return run


def text(name: str) -> str:
    return Path(f"{name}.py").read_bytes().decode()


@pytest.mark.parametrize(
    "refused",
    [
        "from sqlite3 import *\n",
        "import sqlite3\n\n\ndef run(sqlite3):\n    return sqlite3\n",
        "import sqlite3\n\nsqlite3 = None\n",
        "try:\n    import pysqlite3 as sqlite3\nexcept ValueError:\n    sqlite3 = None\n",
        "try:\n    import pysqlite3 as sqlite3\nexcept ImportError:\n    sqlite3 = object()\n",
        "import sqlite3\n\ntry:\n    import json\nexcept ImportError:\n    sqlite3 = json = None\n",
        "import sqlite3\n\nconnection = sqlite3.connect('a.db', factory=print)\n",
        "import sqlite3\n\none = two = {}\nconnection = sqlite3.connect('a.db', **one, **two)\n",
        "import sqlite3\n\n\nclass Own(sqlite3.Connection):\n    def __init__(self, *given):\n"
        "        super().__init__(*given)\n\n\nconnection = sqlite3.connect('a.db', factory=Own)\n",
        "import sqlite3\n\n\nclass Own:\n    pass\n\n\nconnection = sqlite3.connect('a.db', factory=Own)\n",
        "import sqlite3\n\narguments = ['a.db']\nconnection = sqlite3.connect(*arguments)\n",
        "import sqlite3\n\nbroken = (\n",
    ],
)
def test_a_doubt_in_one_file_leaves_all_as_they_are(port: Port, refused: str) -> None:
    report = port(app=OPENS, other=refused)
    assert report.written == ()
    assert text("app") == OPENS
    assert text("other") == refused
    assert not Path("postgres.py").exists()
    assert [one for one in report.left if one.place and one.place.path == "other.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sqlite3 as db\n\ndb.connect('a.db')\n", "import postgres\n\npostgres.connect()\n"),
        ("from sqlite3 import connect as start\n\nstart('a.db')\n", "import postgres\n\npostgres.connect()\n"),
        ("from sqlite3 import dbapi2 as db\n\ndb.connect('a.db')\n", "import postgres\n\npostgres.connect()\n"),
        (
            "def run(path):\n    import sqlite3\n\n    return sqlite3.connect(path)\n",
            "def run(path):\n    import postgres\n\n    return postgres.connect(path)\n",
        ),
        (
            "import sqlite3, sys\n\nsqlite3.connect(sys.argv[1])\n",
            "import sys\n\nimport postgres\n\npostgres.connect(sys.argv[1])\n",
        ),
        (
            "import sqlite3\n\nsqlite3.connect(':memory:', 5.0, 0, None, False)\n",
            "import postgres\n\npostgres.connect(':memory:', isolation_level=None)\n",
        ),
        (
            "import sqlite3\n\nsqlite3.connect('a.db')\nprint(sqlite3.sqlite_version)\n",
            "import sqlite3\n\nimport postgres\n\npostgres.connect()\nprint(sqlite3.sqlite_version)\n",
        ),
        (
            "import sqlite3\r\n\r\nsqlite3.connect('a.db')  # opens\r\n",
            "import postgres\r\n\r\npostgres.connect()  # opens\r\n",
        ),
    ],
)
def test_names_are_followed_by_their_imports(port: Port, before: str, after: str) -> None:
    port(app=before)
    assert text("app") == after
    again = port()
    assert again.written == ()
    assert text("app") == after


def test_a_function_of_sqlite3_that_a_test_replaces_is_told_and_the_calls_elsewhere_are_ported(port: Port) -> None:
    mocked = "import sqlite3\n\n\ndef test_a_broken_disk():\n    sqlite3.connect = None\n"
    report = port(app=OPENS, test_app=mocked)
    assert "postgres.connect()" in text("app")
    assert text("test_app") == mocked
    (left,) = [one for one in report.left if one.code == "DRV009"]
    assert left.place is not None
    assert (left.place.path, left.place.line) == ("test_app.py", 5)
    assert "`sqlite3.connect` is replaced here" in left.message


def test_exceptions_fit_where_they_stand(port: Port) -> None:
    port(
        app=OPENS
        + "try:\n    pass\nexcept (ValueError, sqlite3.OperationalError):\n    pass\n"
        + "isinstance(1, sqlite3.OperationalError)\nraise sqlite3.OperationalError('no')\n"
    )
    both = "psycopg.OperationalError, psycopg.ProgrammingError"
    assert f"except (ValueError, {both}):" in text("app")
    assert f"isinstance(1, ({both}))" in text("app")
    assert "raise psycopg.OperationalError('no')" in text("app")


def test_the_module_comes_into_the_package_that_opens_the_database(port: Port) -> None:
    port(
        **{"shop_in_INIT": ""},
        shop_in_db=OPENS,
        shop_in_views="import json\nimport sqlite3\n\nprint(json, sqlite3.Error, sqlite3.Row)\n",
        tests_in_test_shop="import sqlite3\n\nfrom shop import db\n\nassert db\nsqlite3.connect(':memory:')\n",
    )
    assert Path("shop/postgres.py").exists()
    assert text("shop/views").startswith("import json\n\nimport psycopg\n\nfrom shop import postgres\n")
    assert text("tests/test_shop").startswith("from shop import db, postgres\n") or text("tests/test_shop").startswith(
        "from shop import db\nfrom shop import postgres\n"
    )


def test_files_in_several_packages_share_the_module_of_the_package_around_them(port: Port) -> None:
    inits = {"shop_in_INIT": "", "shop_in_a_in_INIT": "", "shop_in_b_in_c_in_INIT": OPENS, "shop_in_b_in_INIT": ""}
    port(**inits, shop_in_a_in_db=OPENS)
    assert Path("shop/postgres.py").exists()
    assert text("shop/a/db").startswith("from shop import postgres\n")


def test_the_class_opens_a_file_as_the_function_does(port: Port) -> None:
    port(app=OPENS.replace(".connect", ".Connection"))
    assert text("app") == "import postgres\n\nconnection = postgres.connect()\n"


def test_an_import_comes_to_the_first_ones_and_not_to_those_in_the_middle_of_a_file(port: Port) -> None:
    port(app="import os\n" + OPENS + "\n\ndef f():\n    pass\n\n\nfrom app import f\n")
    assert text("app").startswith("import os\n\nimport postgres\n\nconnection")


def test_a_package_in_a_folder_that_is_none_is_imported_as_others_import_it(port: Port) -> None:
    port(
        lib_in_corp_in_shop_in_INIT="",
        lib_in_corp_in_shop_in_db=OPENS,
        tests_in_test_shop="import sqlite3\n\nfrom corp.shop import db\n\nassert isinstance(db, sqlite3.Error)\n",
    )
    assert text("lib/corp/shop/db").startswith("from corp.shop import postgres\n")


def test_what_lies_below_src_is_imported_from_there(port: Port) -> None:
    port(src_in_corp_in_shop_in_INIT="", src_in_corp_in_shop_in_db=OPENS)
    assert text("src/corp/shop/db").startswith("from corp.shop import postgres\n")


def test_a_package_that_others_import_by_its_own_name_is_imported_so(port: Port) -> None:
    port(
        src_in_corp_in_shop_in_INIT="",
        src_in_corp_in_shop_in_db=OPENS,
        tests_in_test_shop="import sqlite3\n\nfrom shop.db import connection\n\nassert sqlite3.Error, connection\n",
    )
    assert text("src/corp/shop/db").startswith("from shop import postgres\n")


def test_options_that_are_computed_are_handed_on_and_told(port: Port) -> None:
    report = port(app="import sqlite3\n\n\ndef run(path, **options):\n    return sqlite3.connect(path, 5, **options)\n")
    assert "    return postgres.connect(path, **options)\n" in text("app")
    assert [(one.code, one.span.of("")) for one in report.left][:1] == [("DRV002", "")]
    assert [one.place.line for one in report.left if one.place and "computed" in one.message] == [5]


def test_a_class_derived_from_the_connection_stays_the_factory(port: Port) -> None:
    own = (
        "import sqlite3\n\n\nclass Base(sqlite3.Connection):\n    def count(self):\n"
        "        return self.execute('SELECT 1').fetchone()[0]\n\n\nclass Own(Base):\n    pass\n"
    )
    port(own=own, app="import sqlite3\n\nimport own\n\nsqlite3.connect('a.db', timeout=5, factory=own.Own).count()\n")
    assert "class Base(postgres.Connection):" in text("own")
    assert text("app").endswith("\npostgres.connect(factory=own.Own).count()\n")


def test_a_module_that_is_there_is_not_overwritten(port: Port) -> None:
    port(app=OPENS, postgres="LAYER = 1\n")
    assert text("postgres") == "LAYER = 1\n"
    assert "postgres_db.connect()" in text("app")


def test_a_file_of_another_program_is_still_read_by_sqlite(port: Port) -> None:
    history = (
        "\n\ndef history(path):\n    db = sqlite3.connect(f'file:{path}?mode=ro', uri=True)\n"
        "    cursor = db.cursor()\n    cursor.execute('SELECT url FROM places WHERE id = ?', (1,))\n    return cursor\n"
    )
    port(app=OPENS + "connection.execute('CREATE TABLE t (a TEXT)')\n" + history)
    assert text("app").endswith(history)
    assert text("app").startswith("import sqlite3\n\nimport postgres\n\nconnection = postgres.connect()\n")


def test_statements_that_cannot_be_verified_still_take_the_placeholders_of_their_call(port: Port) -> None:
    query = "def load(table, key):\n    return connection.execute(f'SELECT * FROM {table} WHERE k = ?', (key,))\n"
    port(app=OPENS + "\n\n" + query)
    assert "WHERE k = %s" in text("app")


def test_calls_of_another_library_keep_their_placeholders(port: Port) -> None:
    other = (
        "from sqlalchemy import create_engine, text\n\nengine = create_engine('postgresql+psycopg:///x')\n"
        "with engine.connect() as connection:\n    connection.execute(text('SELECT :a'), {'a': 1})\n"
    )
    port(app=OPENS, other=other)
    assert text("other") == other


def test_files_without_a_database_are_untouched(port: Port) -> None:
    quiet = "class Connection:\n    def execute(self, question='what?'):\n        return question\n"
    port(app=OPENS, other=quiet)
    assert text("other") == quiet


def test_a_pragma_with_a_computed_value_is_left_out(port: Port) -> None:
    app = 'import sqlite3\nimport sys\n\nmode = sys.argv[1]\nconnection = sqlite3.connect("app.db")\n'
    app += 'connection.execute("PRAGMA journal_mode = %s" % mode)\n'
    app += 'connection.execute(f"PRAGMA cache_size = {len(mode)}")\n'
    port(app=app)
    assert '"/* PRAGMA journal_mode = %s: PostgreSQL always has a write-ahead log */" % mode' in text("app")
    assert 'f"/* PRAGMA cache_size = {len(mode)}: ' in text("app")


def test_a_pragma_with_a_computed_name_is_told(port: Port) -> None:
    each = "for one in {'cache_size': 5}.items():\n    connection.executescript('PRAGMA %s=%s' % one)\n"
    report = port(app=OPENS + each)
    assert [one.place.line for one in report.left if one.code == "PRG001" and one.place] == [5]
    assert text("app").endswith(each)


def test_columns_that_detect_types_converts_are_named(port: Port) -> None:
    app = "import sqlite3\n\nconnection = sqlite3.connect({}, detect_types={}, timeout=3)\n"
    app += 'connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, at TIMESTAMP, by TEXT, n MONEY(3))")\n'
    app += 'sqlite3.register_converter("money", int)\n'
    port(app=app.format("'app.db'", "sqlite3.PARSE_DECLTYPES"), other=app.format("path", "sqlite3.PARSE_COLNAMES"))
    assert 'postgres.connect(declared={"p.at": "timestamp", "p.n": "money"})\n' in text("app")
    assert 'postgres.register_converter("money", int)\n' in text("app")
    assert "postgres.connect(path)\n" in text("other")


def test_what_cannot_be_planned_moves_with_its_call(port: Port) -> None:
    report = port(
        app=OPENS + 'connection.execute("CREATE TABLE t (a TEXT, b INTEGER)")\n\n\n'
        "def rows(order):\n"
        '    return connection.execute("SELECT ifnull(b, 0) FROM t ORDER BY " + order + " LIMIT ?", (1,))\n'
    )
    assert '"SELECT coalesce(b, 0) FROM t ORDER BY " + order + " LIMIT %s"' in text("app")
    said = [one for one in report.left if one.code == "SQP010"]
    assert [one.place.line for one in said if one.place] == [8]


def test_what_cannot_be_planned_stays_with_a_call_that_stays(port: Port) -> None:
    before = (
        "def rows(cursor, order):\n    # sqlport: sqlite\n"
        '    return cursor.execute("SELECT ifnull(b, 0) FROM t ORDER BY " + order)\n'
    )
    report = port(app=before)
    assert text("app") == before
    assert not [one for one in report.left if one.code == "SQP010"]


def test_a_second_run_knows_the_ported_tables_and_finds_nothing_to_do(port: Port) -> None:
    port(
        app=OPENS + 'connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")\n\n\n'
        'def rows(word):\n    return connection.execute("SELECT id FROM t WHERE a = ?", (word,)).fetchall()\n',
        other="def count(connection):\n"
        '    return connection.execute("SELECT count(*) FROM t ORDER BY max(a)").fetchone()\n',
    )
    assert "%s" in text("app")
    again = port()
    assert (again.diffs, again.left, again.exit_code) == ({}, (), 0)


def test_a_second_run_still_tells_of_a_column_that_no_ported_table_has(port: Port) -> None:
    port(app=OPENS + 'connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")\n')
    again = port(other='def rows(connection):\n    return connection.execute("SELECT wrong FROM t")\n')
    assert [one.code for one in again.left] == ["SQP004"]


def test_a_key_that_refers_to_numbers_gets_no_collation(port: Port) -> None:
    port(
        app=OPENS + 'connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")\n\n\n'
        'def make(name):\n    return f"CREATE TABLE {name} (t REFERENCES t(id), a INTEGER)"\n\n\n'
        'connection.execute(make("x"))\nconnection.execute(make("y"))\n'
    )
    assert 'f"CREATE TABLE {name} (t bigint REFERENCES t(id), a bigint)"' in text("app")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CREATE TABLE t ({k})", ""),
        ("CREATE TABLE t (a INTEGER, {k})", "CREATE TABLE t (a bigint, {k})"),
        ("ALTER TABLE t ADD COLUMN {k}", ""),
        ("ALTER TABLE {k} ADD {k};", ""),
    ],
)
def test_a_definition_that_the_program_puts_in_gets_no_type_behind_it(port: Port, before: str, after: str) -> None:
    run = "\n\ndef run(k):\n    connection.execute(f'{sql}')\n"
    report = port(app=OPENS + run.replace("{sql}", before))
    assert text("app").endswith(run.replace("{sql}", after or before))
    assert [one.place.line for one in report.left if one.code == "DDL008" and one.place] == [7]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ALTER TABLE t ADD COLUMN {k} NOT NULL DEFAULT 5", "ALTER TABLE t ADD COLUMN {k} bigint NOT NULL DEFAULT 5"),
        ("ALTER TABLE t ADD COLUMN {k} REAL", "ALTER TABLE t ADD COLUMN {k} double precision"),
        ("ALTER TABLE t ADD COLUMN {k} {k}", ""),
    ],
)
def test_a_definition_of_which_the_program_puts_in_parts_is_no_doubt(port: Port, before: str, after: str) -> None:
    run = "\n\ndef run(k):\n    connection.execute(f'{sql}')\n"
    report = port(app=OPENS + run.replace("{sql}", before))
    if after:
        assert text("app").endswith(run.replace("{sql}", after))
        assert "DDL008" not in [one.code for one in report.left]
    else:
        assert text("app").endswith(run.replace("{sql}", before))


def test_a_definition_of_a_new_table_and_of_a_new_column_is_one_text(port: Port) -> None:
    kind = "\n\ndef kind(one):\n    return 'INTEGER PRIMARY KEY' if one == 'id' else 'INTEGER'\n"
    run = (
        "\n\ndef run(name):\n    connection.execute(f'CREATE TABLE t ({name} {kind(name)})')\n"
        "    connection.execute(f'ALTER TABLE t ADD COLUMN {name} {kind(name)}')\n"
    )
    port(app=OPENS + kind + run)
    assert "return 'bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY' if one == 'id' else 'bigint'" in text("app")


@pytest.mark.parametrize(
    ("uses", "imports"),
    [
        ("sqlite3.connect('a.db')", "try:\n    import postgres\nexcept ImportError:\n    postgres = None\n"),
        (
            "sqlite3.connect('a.db')\nprint(sqlite3.Error)",
            "try:\n    import psycopg\n    import postgres\nexcept ImportError:\n    psycopg = postgres = None\n",
        ),
        (
            "if sqlite3 is not None:\n    sqlite3.connect('a.db')",
            "try:\n    import sqlite3\n    import postgres\nexcept ImportError:\n    sqlite3 = None\n",
        ),
    ],
)
def test_an_import_that_may_fail_is_ported_with_what_stands_for_it(port: Port, uses: str, imports: str) -> None:
    port(app=f"try:\n    import sqlite3\nexcept ImportError:\n    sqlite3 = None\n\n{uses}\n")
    assert text("app").startswith(imports + "\n")
    assert "postgres.connect()" in text("app")
    assert port(app=text("app")).diffs == {}


@pytest.mark.parametrize("line", ["import anysqlite", "from apsw import Connection", "import apsw as db"])
def test_another_library_for_sqlite_is_told(port: Port, line: str) -> None:
    run = "\n\nasync def run(cursor):\n    await cursor.execute('SELECT a FROM t WHERE b = ? LIMIT 1', (1,))\n"
    report = port(app=OPENS, other=line + run)
    told = [one.place.path for one in report.left if one.code == "DRV009" and one.place and one.place.line == 1]
    assert told == ["other.py"]


@pytest.mark.parametrize("line", ["import json", "from . import apsw", "apsw = 1", "import anysqlites"])
def test_a_library_for_something_else_is_not(port: Port, line: str) -> None:
    run = "\n\nasync def run(cursor):\n    await cursor.execute('SELECT a FROM t WHERE b = ? LIMIT 1', (1,))\n"
    assert [one for one in port(app=OPENS, other=line + run).left if one.code == "DRV009"] == []
