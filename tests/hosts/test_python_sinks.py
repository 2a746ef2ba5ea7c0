"""Which calls are taken for SQL, and, more often, which are not."""

# ruff: noqa: E501 - the tables are easier to read with one case a line

from __future__ import annotations

import re

import pytest

from sqlport.hosts.python.holes import looks_like_sql
from sqlport.hosts.python.sinks import folder, load
from sqlport.model import Arguments, SqlportError
from tests.hosts.support import found, sqls


@pytest.mark.parametrize(
    ("source", "sink", "dialect"),
    [
        ("import sqlite3\nsqlite3.connect('x').execute('SELECT 1')", "sqlite3.Connection.execute", "sqlite"),
        ("import sqlite3 as s\nwith s.connect('x') as c: c.execute('SELECT 1')", "sqlite3.Connection.execute", "sqlite"),
        ("from sqlite3 import connect\nc = connect('x')\nc.executemany('SELECT 1', [])", "sqlite3.Connection.executemany", "sqlite"),
        ("import sqlite3\ndef f(db: sqlite3.Connection): db.execute('SELECT 1')", "sqlite3.Connection.execute", "sqlite"),
        ("import sqlite3\ndef f(db: 'sqlite3.Cursor | None'): db.execute('SELECT 1')", "sqlite3.Cursor.execute", "sqlite"),
        ("import sqlite3\ndef get() -> sqlite3.Connection: ...\nget().execute('SELECT 1')", "sqlite3.Connection.execute", "sqlite"),
        ("import sqlite3\nclass D(sqlite3.Connection):\n  def f(self): self.execute('SELECT 1')", "sqlite3.Connection.execute", "sqlite"),
        ("import sqlite3\nclass R:\n  def g(self): self.c.execute('SELECT 1')\n"
         "  def __init__(self): self.c = sqlite3.connect('')", "sqlite3.Connection.execute", "sqlite"),
        ("import aiosqlite\nasync def f():\n  async with aiosqlite.connect('') as db:\n    await db.execute('SELECT 1')",
         "aiosqlite.Connection.execute", "sqlite"),
        ("import apsw\napsw.Connection('').cursor().execute('SELECT 1')", "apsw.Cursor.execute", "sqlite"),
        ("from sqlalchemy import text\nq = text('SELECT 1')", "sqlalchemy.text", "unknown"),
        ("import sqlalchemy as sa\nconn.execute(sa.text('SELECT 1'))", "sqlalchemy.text", "unknown"),
        ("import sqlalchemy\nconn.exec_driver_sql('SELECT 1')", "conn.exec_driver_sql", "unknown"),
        ("from django.db import connection\nwith connection.cursor() as c: c.execute('SELECT %s', [1])", "django.db.Cursor.execute", "unknown"),
        ("from django.db import models\nP.objects.raw('SELECT 1')", "P.objects.raw", "unknown"),
        ("from django.db import migrations\no = [migrations.RunSQL('SELECT 1')]", "django.db.migrations.RunSQL", "unknown"),
        ("import pandas as pd\npd.read_sql('SELECT 1', con)", "pandas.read_sql", "unknown"),
        ("import pandas as pd\npd.read_sql_query(sql='SELECT 1', con=con)", "pandas.read_sql_query", "unknown"),
        ("from peewee import SqliteDatabase\ndb = SqliteDatabase('x')\ndb.execute_sql('SELECT 1')", "peewee.SqliteDatabase.execute_sql", "unknown"),
        ("from peewee import Model\nUser.raw('SELECT 1')", "User.raw", "unknown"),
        ("from databases import Database\ndb = Database('x')\nawait_ = db.fetch_all(query='SELECT 1')", "databases.Database.fetch_all", "unknown"),
        ("import psycopg\npsycopg.connect('').execute('SELECT 1')", "psycopg.Connection.execute", "postgres"),
        ("def f(cursor): cursor.execute('SELECT 1')", "cursor.execute", "unknown"),
        ("class A:\n  def f(self): self.get_db().execute('SELECT 1')", "self.get_db().execute", "unknown"),
        ("import sqlite3\ndef f(anything): anything.execute('SELECT 1')", "anything.execute", "sqlite"),
    ],
)  # fmt: skip
def test_calls_that_run_sql(source: str, sink: str, dialect: str) -> None:
    (statement,) = found(source, header="").statements
    assert (statement.sink, statement.dialect) == (sink, dialect)
    assert statement.sql.startswith("SELECT")


@pytest.mark.parametrize(
    "source",
    [
        "executor.execute('task')",
        "executor.execute('select the best of them')",
        "self.session.execute(select(User))",
        "pool.execute(job)",
        "logger.info('SELECT 1')",
        "x = 'SELECT 1'",
        "'''SELECT 1'''",
        "def f():\n  'SELECT a FROM t'",
        "print('SELECT a FROM t')",
        "from sqlalchemy import text\nq.order_by(text('x DESC'))",
        "import pandas as pd\npd.read_sql('users', con)",
        "from peewee import SQL\nq.order_by(SQL('count DESC'))",
        "text('SELECT 1')",
        "cur.execute(b'SELECT 1')",
        "cur.execute()",
        "cur.execute(*args)",
        "cur.execute('')",
        "cur.execute('-- nothing')",
        "'a b'.execute('SELECT 1')",
        "plan.raw('SELECT 1')",
        "browser.execute('Select an option')",
        "robot.execute('UPDATE')",
        "shell.execute('drop the ball')",
    ],
)
def test_calls_that_do_not(source: str) -> None:
    result = found(source, header="")
    assert result.statements == ()
    assert result.findings == ()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("select 1", True),
        ("  -- why\n /* x */ SELECT a FROM t", True),
        ("(SELECT 1)", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("insert or ignore into t values (1)", True),
        ("REPLACE INTO t VALUES (1)", True),
        ("PRAGMA foreign_keys = ON", True),
        ("BEGIN IMMEDIATE", True),
        ("commit", True),
        ("SAVEPOINT a", True),
        ("VACUUM", True),
        ("\ufffc WHERE a = ?", True),
        ("CREATE \ufffc t (a)", True),
        ("UPDATE \ufffc SET a = 1", True),
        ("DROP TABLE t", True),
        ("EXPLAIN QUERY PLAN SELECT 1", True),
        ("", False),
        ("\ufffc", False),
        ("task", False),
        ("create_all", False),
        ("Update the record", False),
        ("Delete all files", False),
        ("with great power", False),
        ("commit everything now", False),
        ("Begin with a", False),
        ("insert coin", False),
        ("drop me a line", False),
        ("alter ego", False),
        ("analyze this, please", False),
        ("set phasers to stun", False),
        ("selected", False),
        ("replace the tyre", False),
        ("explain yourself", False),
    ],
)
def test_text_that_looks_like_sql(text: str, answer: bool) -> None:
    assert looks_like_sql(text) is answer


def test_sql_that_only_a_hole_tells_is_a_finding_with_place_and_reason() -> None:
    result = found("def run(sql):\n    cur.execute(sql)\n")
    (finding,) = result.findings
    assert (finding.code, finding.name) == ("SQP001", "unresolved-sql")
    assert finding.place is not None and (finding.place.line, finding.place.column) == (4, 17)
    assert "parameter `sql` of `run()`" in finding.message
    assert "sinks" in finding.message


@pytest.mark.parametrize(
    "source",
    [
        "cur.execute(build())",
        "cur.execute(rows[0])",
        "cur.execute(sql=make.sql())",
        "cur.executescript(open('x').read())",
    ],
)
def test_other_texts_that_are_not_known(source: str) -> None:
    (finding,) = found(source).findings
    assert finding.code == "SQP001"


def test_what_a_postgresql_driver_runs_need_not_be_known() -> None:
    source = "import psycopg\nwith psycopg.connect(url) as connection:\n    connection.execute(build())\n"
    assert found(source, header="").findings == ()


def test_a_helper_that_passes_its_parameter_on_is_a_sink() -> None:
    source = """
        class Store:
            def run(self, sql, args=()):
                return self.again(sql, args)
            def again(self, query, values, lock=True):
                if lock:
                    return self.again(query, values, lock=False)
                return cur.execute(query, values)
            def use(self):
                self.run('SELECT 1', (1, 2))
                self.run(sql='SELECT 2')
                other.run('SELECT 3')
                other.run('faster')
        def query(text, *args):
            cur.execute(text, args)
        query('SELECT 4', 1, 2, 3)
    """
    result = found(source)
    assert [(one.sql, one.sink, one.arguments.count) for one in result.statements] == [
        ("SELECT 1", "Store.run", 2),
        ("SELECT 2", "Store.run", None),
        ("SELECT 3", "other.run", None),
        ("SELECT 4", "query", 3),
    ]
    assert result.findings == ()


def test_a_helper_that_nobody_calls_is_reported() -> None:
    (finding,) = found("def run(sql):\n    cur.execute(sql)\ndef more(sql):\n    run(sql)\n").findings
    assert "parameter `sql` of `more()`" in finding.message


def test_a_call_of_a_helper_that_is_not_known_is_reported_there() -> None:
    (finding,) = found("def run(sql):\n    cur.execute(sql)\nrun(build())\n").findings
    assert finding.place is not None and finding.place.line == 5


def test_a_sink_of_the_user() -> None:
    source = "def f(): db.select('x', 'SELECT 1')\nrun(query='SELECT 2')\nStore().fetch('SELECT 3')\nother('SELECT 4')"
    assert sqls(source, header="", sinks=("db.select:1", "run:query", "Store.fetch")) == [
        "SELECT 1",
        "SELECT 2",
        "SELECT 3",
    ]


@pytest.mark.parametrize("entry", ["", "a b", "x:", "a..b", "f:-1"])
def test_a_sink_of_the_user_that_makes_no_sense_is_an_error(entry: str) -> None:
    with pytest.raises(SqlportError, match="is not a sink"):
        found("x = 1", sinks=(entry,))


@pytest.mark.parametrize(
    "source",
    [
        "Q = 'SELECT 1'  # language=sql",
        "# sqlport: sql\nQ = 'SELECT 1'",
        "# language=SQL\nQ = 'SELECT 1'",
        "# sqlport: sql -- used by x\nQ = (\n  'SELECT '\n  '1')",
        "call(\n  # language=sql\n  'SELECT 1')",
        "call('SELECT 1')  # sqlport: sql",
        "D = {'a': 'SELECT 1'  # sqlport:sql\n}",
        "Q = f'SELECT {1}'  # language=sql",
    ],
)
def test_a_marked_literal_is_sql(source: str) -> None:
    (statement,) = found(source, header="").statements
    assert (statement.sql, statement.sink) == ("SELECT 1", "marker")


@pytest.mark.parametrize(
    "source",
    ["Q = 'SELECT 1'", "Q = 'SELECT 1'  # the sql", "Q = '''\n# language=sql\nSELECT 1'''", "# language=sql\n\nx = 1"],
)
def test_an_unmarked_one_is_not(source: str) -> None:
    assert found(source, header="").statements == ()


def test_a_marked_text_that_a_sink_runs_is_one_statement() -> None:
    assert sqls("Q = 'SELECT 1'  # language=sql\ncur.execute(Q)") == ["SELECT 1"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("execute('SELECT 1')", Arguments()),
        ("execute('SELECT 1', None)", Arguments()),
        ("execute('SELECT 1', ())", Arguments(True, 0)),
        ("execute('SELECT 1', (1, 'a', 2.0, b'x', None, True))",
         Arguments(True, 6, None, {0: "int", 1: "str", 2: "float", 3: "bytes", 4: "None", 5: "bool"})),
        ("execute('SELECT 1', [x, int(y), str(z), datetime.datetime.now(), -1])",
         Arguments(True, 5, None, {1: "int", 2: "str", 3: "datetime", 4: "int"}, {4: "negative"})),
        ("execute('SELECT 1', {'a': 1, 'b': x})", Arguments(True, 2, ("a", "b"), {"a": "int"})),
        ("execute('SELECT 1', args)", Arguments(True)),
        ("execute('SELECT 1', (1, *rest))", Arguments(True)),
        ("execute('SELECT 1', {**rest})", Arguments(True)),
        ("execute('SELECT 1', parameters=(1,))", Arguments(True, 1, None, {0: "int"})),
        ("executemany('SELECT 1', [(1, 2), (3, 4)])", Arguments(True, 2, None, {0: "int", 1: "int"})),
        ("executemany('SELECT 1', [(a, b) for a, b in x])", Arguments(True, 2)),
        ("executemany('SELECT 1', rows)", Arguments(True)),
    ],
)  # fmt: skip
def test_what_a_call_tells_of_its_parameters(call: str, expected: Arguments) -> None:
    (statement,) = found(f"cur.{call}").statements
    assert statement.arguments == expected


@pytest.mark.parametrize(
    ("call", "types", "traits"),
    [
        ("'SELECT ?', (float('nan'),)", {0: "float"}, {0: "nan"}),
        ("'SELECT ?', [math.nan]", {0: "float"}, {0: "nan"}),
        ("'SELECT :a, :b', {'a': 'x\\0y', 'b': -2.5}", {"a": "str", "b": "float"}, {"a": "nul", "b": "negative"}),
        ("'SELECT ?', (LIMIT,)", {0: "int"}, {0: "negative"}),
        ("'SELECT ?', (-1 if x else 1,)", {0: "int"}, {0: "negative"}),
        ("'SELECT ?, ?, ?, ?', (a, b, c, d)", {0: "int", 1: "str", 2: "datetime", 3: "bytes"}, {}),
        ("'SELECT ?, ?', (n, e)", {0: "int"}, {}),
        ("'SELECT ?', (float('x'),)", {0: "float"}, {}),
        ("'SELECT ?, ?', (len(a), a + 1)", {0: "int"}, {}),
        ("'SELECT ?', (Decimal('1'),)", {0: "Decimal"}, {}),
    ],
)
def test_types_and_odd_values_of_parameters(
    call: str, types: dict[int | str, str], traits: dict[int | str, str]
) -> None:
    source = (
        "import math\nLIMIT = -1\n"
        "def f(a: int, b: 'str', c: datetime.datetime | None, d: Optional[bytes], e: list[int], g):\n"
        f"  n = len(b)\n  cur.execute({call})"
    )
    (statement,) = found(source).statements
    assert (statement.arguments.types, statement.arguments.traits) == (types, traits)


def test_parameters_are_followed_to_their_tuple() -> None:
    (statement,) = found("args = (1, 'a')\nn = 3\ncur.execute('SELECT 1', args)").statements
    assert statement.arguments == Arguments(True, 2, None, {0: "int", 1: "str"})


@pytest.mark.parametrize(
    ("sql", "header", "dialect"),
    [
        ("SELECT $1", "", "postgres"),
        ("SELECT a::int FROM t", "", "postgres"),
        ("SELECT * FROM t WHERE a = %s", "", "postgres"),
        ("SELECT * FROM t WHERE a = %s", "import MySQLdb\n", "unknown"),
        ("SELECT * FROM t WHERE a = %s", "import sqlite3\n", "sqlite"),
        ("SELECT ?", "", "sqlite"),
        ("INSERT OR IGNORE INTO t VALUES (1)", "", "sqlite"),
        ("SELECT '$1', '::a', 'a %s'", "", "unknown"),
        ("SELECT 1", "import sqlite3\nimport psycopg2\n", "unknown"),
        ("SELECT 1", "import asyncpg\n", "postgres"),
    ],
)
def test_the_dialect(sql: str, header: str, dialect: str) -> None:
    (statement,) = found(f"def f(db): db.execute({sql!r})", header=header).statements
    assert statement.dialect == dialect


def test_the_configured_dialect_wins() -> None:
    (statement,) = found("cur.execute('SELECT 1')", dialect="postgres").statements
    assert statement.dialect == "postgres"


def test_ids_survive_moved_lines_and_differ_within_a_file() -> None:
    source = (
        "def f():\n    cur.execute('SELECT 1')\n    cur.execute('SELECT 1')\ndef g():\n    cur.execute('SELECT 1')\n"
    )
    ids = [statement.id for statement in found(source).statements]
    moved = [statement.id for statement in found("\n\nx = 1\n" + source).statements]
    assert len(set(ids)) == 3
    assert ids == moved


def test_lines_and_columns_are_where_the_text_is_written() -> None:
    source = 'Q = """\n\n   SELECT é,\n  b"""\nüx = 1; cur.execute(Q)\n'
    (statement,) = found(source, header="import sqlite3\ncur = sqlite3.connect('').cursor()\n").statements
    assert (statement.line, statement.column, statement.end_line) == (5, 4, 6)
    assert statement.sink_line == 7


def test_every_sink_file_can_be_read_and_names_what_it_needs() -> None:
    sinks = load()
    assert {"sqlite3", "aiosqlite", "apsw", "sqlalchemy", "django", "pandas", "peewee", "databases"} <= set(
        sinks.dialects
    )
    for file in folder().glob("*.toml"):
        assert re.search(r"(?m)^needs = \[", file.read_text()), file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "not a readable sink file"),
        ("a = 1", "`library` is missing"),
        ("library = 'a'\n[[sink]]\nmethod = ['x']", "unknown key `method`"),
        ("library = 'a'\n[[sink]]\nargument = 1", "needs `functions` or `methods`"),
    ],
)
def test_a_wrong_sink_file_is_an_error_that_names_it(tmp_path, text: str, message: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(SqlportError, match=f"bad.toml.*{message}"):
        load((), tmp_path)
