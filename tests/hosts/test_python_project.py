"""What the files of a project tell of one another: helpers, their calls, and the texts that they are given."""

# ruff: noqa: E501 - the tables are easier to read with one case a line

from __future__ import annotations

import textwrap
import time

import pytest

from sqlport.files import source_of
from sqlport.hosts import Extraction, Finder, Settings
from tests.hosts.support import found, sqls

DB = """
import sqlite3
class Database:
    def __init__(self, path):
        self.conn = sqlite3.connect(path)
    def run(self, sql, args=()):
        return self.conn.execute(sql, args)
    def first(self, query, *args):
        return self.run(f"{query} LIMIT 1", args)
    def joined(self, sql):
        if isinstance(sql, (list, tuple)):
            sql = " ".join(sql)
        return self.conn.execute(sql)
    def drop(self, table):
        self.conn.execute(f"DROP TABLE {table}")
def fetch(sql):
    return Database("x").run(sql)
"""


def project(**texts: str) -> dict[str, Extraction]:
    """What is found in files that are named by their module."""
    files = {f"{name}.py": source_of(f"{name}.py", textwrap.dedent(text).encode()) for name, text in texts.items()}
    settings = Settings(read=files.get)
    finder = Finder()
    for file in files.values():
        finder.add(file, settings)
    return finder.finish()


def dropped(result: dict[str, Extraction]) -> list[str]:
    """The texts of the helper `drop`."""
    return [statement.sql for statement in result["db.py"].statements if statement.sql.startswith("DROP")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from db import fetch\nfetch('SELECT 1')", ["SELECT 1"]),
        ("import db\ndb.fetch('SELECT 1')", ["SELECT 1"]),
        ("from db import fetch as go\ngo('SELECT 1')", ["SELECT 1"]),
        ("from db import Database\nDatabase('x').run('SELECT 1', (1,))", ["SELECT 1"]),
        ("def f(store): store.run('SELECT 1')", ["SELECT 1"]),
        ("class A:\n  def f(self): self.store.first('SELECT a FROM t')", ["SELECT a FROM t LIMIT 1"]),
        ("def f(store): store.joined(['SELECT a', 'FROM t'])", ["SELECT a FROM t"]),
        ("def f(store): store.joined('SELECT a')", ["SELECT a"]),
        ("def f(store): store.run(sql='SELECT 1' if x else 'SELECT 2')", ["SELECT 1", "SELECT 2"]),
        ("from db import fetch\ndef more(q): fetch(q)\nmore('SELECT 1')", ["SELECT 1"]),
    ],
)  # fmt: skip
def test_calls_of_helpers_in_other_files_run_sql(source: str, expected: list[str]) -> None:
    result = project(db=DB, app=source)["app.py"]
    assert [statement.sql for statement in result.statements] == expected
    assert result.findings == ()
    assert {statement.dialect for statement in result.statements} == {"sqlite"}


@pytest.mark.parametrize(
    "source",
    [
        "def f(store): store.run('faster')",
        "def f(store): store.run()",
        "def f(store): store.run(1)",
        "def f(store): store.other('SELECT 1')",
        "def fetch(text): pass\nfetch('SELECT 1')",
        "from web import fetch\nfetch('Select a file')",
        "def f(store): store.first('a', 'b')",
        "log('SELECT 1')",
        "x = 'SELECT 1'",
        "def f(runner): runner.run(['ls'])",
        "'a'.join(['SELECT 1'])",
    ],
)  # fmt: skip
def test_other_calls_do_not(source: str) -> None:
    result = project(db=DB, app=source)["app.py"]
    assert result.statements == ()
    assert result.findings == ()


def test_a_helper_that_is_called_is_no_finding_and_one_that_is_not_is_one() -> None:
    called = project(db=DB, app="from db import fetch\nfetch('SELECT 1')\ndef f(s): s.joined(['SELECT 2'])")
    alone = project(db="import sqlite3\ndef run(sql):\n    sqlite3.connect('x').execute(sql)\n")
    assert called["db.py"].findings == ()
    assert [finding.code for finding in alone["db.py"].findings] == ["SQP001"]


def test_a_statement_is_where_its_text_is_and_its_sink_is_the_call_of_the_helper() -> None:
    result = project(db=DB, app="def f(store):\n    q = 'SELECT 1'\n    store.first(q)\n")["app.py"]
    (statement,) = result.statements
    assert (statement.path, statement.line, statement.sink_line, statement.sink) == ("app.py", 2, 3, "store.first")
    assert {origin.literal.path for origin in statement.origins} == {"app.py", "db.py"}


def test_arguments_in_the_text_of_a_helper_are_its_alternatives() -> None:
    app = "from db import Database\nd = Database('x')\nd.drop('a')\nd.drop('b')\nd.drop('a')\n"
    result = project(db=DB, app=app)
    assert dropped(result) == ["DROP TABLE a", "DROP TABLE b"]
    assert result["app.py"].statements == ()


def test_where_a_call_is_not_known_the_hole_stays_beside_them() -> None:
    app = "from db import Database\nd = Database('x')\nd.drop('a')\nd.drop(name())\nunknown.drop('c')\n"
    texts = dropped(project(db=DB, app=app))
    assert texts[0] == "DROP TABLE a"
    assert len(texts) == 3 and all(text.startswith("DROP TABLE {") for text in texts[1:])


def test_more_than_eight_of_them_are_the_hole() -> None:
    app = "from db import Database\nd = Database('x')\n" + "".join(f"d.drop('t{n}')\n" for n in range(9))
    assert dropped(project(db=DB, app=app)) == ["DROP TABLE {table}"]


@pytest.mark.parametrize(
    "call",
    ["env.query('SELECT 1')", "with env.query as db:\n    db('SELECT 1')", "from db import Query\nQuery()('SELECT 1')"],
)
def test_objects_that_are_called_with_sql(call: str) -> None:
    db = "import sqlite3\nclass Query:\n  def execute(self, q): sqlite3.connect('').execute(q)\n  __call__ = execute\n"
    result = project(db=db, app=call)["app.py"]
    assert [statement.sql for statement in result.statements] == ["SELECT 1"]


@pytest.mark.parametrize(
    "call", ["env.log('SELECT 1')", "_('SELECT 1')", "env.query('all')", "db()", "print('SELECT 1')"]
)
def test_objects_that_are_not(call: str) -> None:
    db = "import sqlite3\nclass Query:\n  def __call__(self, q): sqlite3.connect('').execute(q)\n"
    assert project(db=db, app=call)["app.py"].statements == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def q(n):\n  s = 'SELECT a'\n  s += ' FROM ' + n\n  return s\ncur.execute(q('t'))", ["SELECT a FROM t"]),
        ("def q(n):\n  if n is None:\n    return 'SELECT 1'\n  return 'SELECT ' + n\ncur.execute(q('a'))", ["SELECT a"]),
        ("def q(n=None):\n  if n is None:\n    return 'SELECT 1'\n  return 'SELECT ' + n\ncur.execute(q())", ["SELECT 1"]),
        ("def q(n):\n  if n == 'a':\n    return 'SELECT 1'\n  elif n == 'b':\n    return 'SELECT 2'\n  return 'SELECT 3'\ncur.execute(q('b'))", ["SELECT 2"]),
        ("def q():\n  if x:\n    return 'SELECT 1'\n  return 'SELECT 2'\ncur.execute(q())", ["SELECT 1", "SELECT 2"]),
        ("def q(): return 'SELECT 1', (1,)\nsql, args = q()\ncur.execute(sql, args)", ["SELECT 1"]),
        ("parts = ['SELECT a']\nif x: parts.append('b')\nparts.append('FROM t')\ncur.execute(' '.join(parts))",
         ["SELECT a b FROM t", "SELECT a FROM t"]),
        ("parts = ['a = ?']\nfor c in cols: parts.append(f'{c} = ?')\ncur.execute('UPDATE t SET ' + ', '.join(parts))",
         ["UPDATE t SET a = ?, {c} = ?"]),
        ("case = lambda x: f'CASE {x} END'\ncur.execute('SELECT ' + ' + '.join(map(case, ['a', 'b'])))",
         ["SELECT CASE a END + CASE b END"]),
        ("class A:\n  def f(self):\n    def q(t): return 'DELETE FROM ' + t\n    cur.execute(q('t'))", ["DELETE FROM t"]),
        ("s = f'SELECT a FROM t{x}'[:-1] + ' LIMIT 1'\ncur.execute(s)", ["SELECT a FROM t{x} LIMIT 1"]),
    ],
)  # fmt: skip
def test_functions_and_lists_are_followed(source: str, expected: list[str]) -> None:
    assert sqls(source) == expected


def test_too_many_alternatives_are_what_they_have_in_common() -> None:
    source = "s = 'UPDATE t SET a = 1'\n" + "".join(f"if x{n}: s += ', c{n} = 1'\n" for n in range(6))
    texts = sqls(source + "s += ' WHERE id = ?'\ncur.execute(s)")
    assert len(texts) <= 8
    assert all(text.startswith("UPDATE t SET a = 1") and text.endswith(" WHERE id = ?") for text in texts)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a): return g(a) + g(a)\ndef g(a):\n  x = f(a)\n  y = f(a)\n  return x + y\ncur.execute('SELECT ' + f('a'))",
        "def run(q): cur.execute(q)\n" + "run('SELECT 1')\n" * 2000,
        "".join(f"def r{n}(q): r{n + 1}(q)\n" for n in range(300)) + "def r300(q): cur.execute(q)\nr0('SELECT 1')",
        "def run(q):\n" + "  if x: q += ' a'\n" * 200 + "  cur.execute(q)\n" + "run('SELECT 1')\n" * 100,
        "def run(q):\n  run(q)\n  again(q)\n  cur.execute(q)\ndef again(q):\n  run(q)\n  again(q)\nrun('SELECT 1')",
        "parts = []\n" + "if x: parts.append('a')\n" * 2000 + "cur.execute('SELECT ' + ', '.join(parts))",
    ],
    ids=range(6),
)
def test_helpers_without_end_are_done_quickly(source: str) -> None:
    begin = time.process_time()
    found(source)
    assert time.process_time() - begin < 3.0, "one second on an idle machine"


STORE = """
import sqlite3
class Store:
    TABLE = "things"
    def __init__(self, path):
        self.conn = sqlite3.connect(path)
        self.columns = "id, name"
        self.extra = []
    def add(self, name):
        self.extra.append(name)
    def all(self):
        return self.conn.execute(f"SELECT id FROM {self.TABLE}")
    def more(self):
        return self.conn.execute("SELECT " + ", ".join(self.extra) + " FROM more")
"""


def test_what_classes_in_other_modules_say_otherwise_is_an_alternative() -> None:
    heirs = "import store\nclass Songs(store.Store):\n    TABLE = 'songs'\nclass Old(Songs):\n    TABLE = 'old_songs'\n"
    result = project(
        store=STORE, music=heirs, other="class Store:\n    TABLE = 'no'\nclass X(Store):\n    TABLE = 'x'\n"
    )
    texts = [statement.sql for statement in result["store.py"].statements]
    assert texts[:-1] == ["SELECT id FROM things", "SELECT id FROM songs", "SELECT id FROM old_songs"]


def test_a_list_that_another_method_adds_to_is_not_empty() -> None:
    (text,) = [statement.sql for statement in project(store=STORE)["store.py"].statements if "more" in statement.sql]
    assert text == "SELECT {extra} FROM more"


def test_what_a_base_class_of_another_module_keeps() -> None:
    music = "from store import Store\nclass Songs(Store):\n  def one(self): self.conn.execute(f'SELECT {self.columns} FROM s')"
    (statement,) = project(store=STORE, music=music)["music.py"].statements
    assert (statement.sql, statement.sink) == ("SELECT id, name FROM s", "sqlite3.Connection.execute")


def test_of_more_than_eight_statements_the_first_are_shown_and_the_rest_is_said() -> None:
    heirs = "".join(f"class H{n}(B):\n    SQL = 'SELECT {n} FROM t{n}'\n" for n in range(9))
    base = "class B:\n    SQL = None\n    def f(self, cur):\n        cur.execute(self.SQL)\n"
    result = found(base + heirs)
    assert [statement.sql for statement in result.statements] == [f"SELECT {n} FROM t{n}" for n in range(7)]
    (finding,) = result.findings
    assert "more than 8 alternatives" in finding.message


def test_a_hole_for_many_names_does_not_begin_inside_a_quoted_one() -> None:
    arms = "".join(f"elif x == {n}: q = '\"' + y + '_{n}\" AS a'\n" for n in range(9)).removeprefix("el")
    (statement,) = found(f"{arms}else: q = '\"' + y + '\"'\ncur.execute('SELECT ' + q + ' FROM t')").statements
    assert statement.sql == "SELECT {q} FROM t"


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("for s in texts:\n        cur.execute(s)", "run(['SELECT 1', 'SELECT 2'])"),
        ("for s, p in zip(texts, given):\n        cur.execute(s, p)", "run(['SELECT 1', 'SELECT 2'], [(), ()])"),
        ("for p, s in zip(given, texts):\n        cur.execute(s, p)", "run(['SELECT 1', 'SELECT 2'], [(), ()])"),
        ("for n, s in enumerate(texts):\n        cur.execute(s)", "run(['SELECT 1', 'SELECT 2'])"),
        ("if isinstance(texts, str):\n        texts = [texts]\n    for s in texts:\n        cur.execute(s)", "run('SELECT 1'); run(['SELECT 2'])"),
        ("if not isinstance(texts, list):\n        texts = [texts]\n    for s, p in zip(texts, given):\n        cur.execute(s, p)", "run('SELECT 1', ()); run(['SELECT 2'] * 3, [()])"),
    ],
)  # fmt: skip
def test_a_helper_runs_each_text_of_the_list_that_it_is_given(body: str, call: str) -> None:
    result = found(f"def run(texts, given=()):\n    {body}\n{call}\n")
    assert sorted(statement.sql for statement in result.statements) == ["SELECT 1", "SELECT 2"]
    assert result.findings == ()


def test_a_list_that_no_loop_takes_apart_is_still_said() -> None:
    result = found("def run(text):\n    cur.execute(text)\nrun(['SELECT 1', 'SELECT 2'])\n")
    assert [finding.code for finding in result.findings] == ["SQP001"]


def test_a_method_whose_calls_are_known_by_their_name_is_not_said_to_have_none() -> None:
    texts = "class Store:\n    def executemany(self, text, rows):\n        self.cur.executemany(text, rows)\n"
    result = found(texts + "    def fill(self):\n        self.executemany('INSERT INTO t VALUES (?)', [(1,)])\n")
    assert [statement.sql for statement in result.statements] == ["INSERT INTO t VALUES (?)"]
    assert result.findings == ()


NOTES = """
import sqlite3
class Store:
    def __init__(self, path):
        self.conn = sqlite3.connect(path)
        self.table = "notes"
        self.count()
    def count(self):
        return self.conn.execute(f"SELECT count(*) FROM {self.table}")
    def run(self, sql):
        return self.conn.execute(sql)
    def again(self, sql):
        return self.run(sql)
    def last(self):
        return self.again(f"SELECT max(id) FROM {self.table}")
"""


def test_what_methods_keep_in_objects_is_known_in_every_round() -> None:
    texts = sorted(statement.sql for statement in project(notes=NOTES)["notes.py"].statements)
    assert texts == ["SELECT count(*) FROM notes", "SELECT max(id) FROM notes"]


def test_what_a_class_says_is_looked_up_again_when_more_is_learned_of_it() -> None:
    base = """
    class Base:
        table = "a"
        def text(self):
            return "SELECT * FROM " + self.table
    """
    user = """
    import sqlite3
    from base import Base
    cur = sqlite3.connect("x").cursor()
    cur.execute(Base().text())
    class Heir(Base):
        table = "b"
    cur.execute(Heir().text())
    """
    found_texts = {statement.sql for statement in project(base=base, user=user)["user.py"].statements}
    assert found_texts == {"SELECT * FROM a", "SELECT * FROM b"}


def test_a_function_of_another_module_is_asked_for_each_argument() -> None:
    made = "def made(table, where=''):\n    text = f'SELECT * FROM {table}'\n    return text + where\n"
    uses = "import sqlite3\nfrom made import made\ncur = sqlite3.connect('x').cursor()\n"
    result = project(
        made=made,
        one=uses + "cur.execute(made('a'))\ncur.execute(made('b'))\n",
        two=uses + "cur.execute(made('a'))\ncur.execute(made('b', ' WHERE c'))\n",
    )
    assert [one.sql for one in result["one.py"].statements] == ["SELECT * FROM a", "SELECT * FROM b"]
    assert [one.sql for one in result["two.py"].statements] == ["SELECT * FROM a", "SELECT * FROM b WHERE c"]


def test_files_are_read_anew_by_a_second_run_over_the_same_reader() -> None:
    files = {f"{name}.py": source_of(f"{name}.py", text.encode()) for name, text in (("db", DB), ("notes", NOTES))}
    settings = Settings(read=files.get)
    runs = []
    for _ in range(2):
        finder = Finder()
        for file in files.values():
            finder.add(file, settings)
        runs.append(finder.finish())
    assert runs[0] == runs[1]
    assert runs[0]["notes.py"].statements


def test_a_file_without_sql_that_is_not_valid_is_told_whether_it_is_imported_or_not() -> None:
    broken = "def f(:\n    pass\n"
    result = project(alone=broken, imported=broken, notes=NOTES, user="import imported\n" + NOTES)
    assert [finding.code for finding in result["alone.py"].findings] == ["SQP003"]
    assert [finding.code for finding in result["imported.py"].findings] == ["SQP003"]
    assert not result["notes.py"].findings
