"""Ways in which programs build, keep and run their SQL, each with the texts that are found."""

from __future__ import annotations

import pytest

from sqlport.files import source_of
from sqlport.hosts import Finder, Settings
from tests.hosts.support import found, sqls

TEMPLATE = "from string import Template\n"
PROPERTY = "class A:\n  @property\n  def _sql(self):\n    return self.c.execute\n"
ENUM = "import enum\nclass Q(enum.Enum):\n  A = 'SELECT 1'\n  B = 'SELECT 2'\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (TEMPLATE + "cur.execute(Template('SELECT $c, $$1 FROM ${t}').substitute(c='x', t=1))", "SELECT x, $1 FROM 1"),
        (TEMPLATE + "T = Template('SELECT $c')\ncur.execute(T.safe_substitute({'c': 1}))", "SELECT 1"),
        ("import string\ncur.execute(string.Template('SELECT $c').substitute(dict(c='a')))", "SELECT a"),
        ("pairs = (('a', 'SELECT 1'), ('b', 'SELECT 2'))\ncur.execute(dict(pairs)['b'])", "SELECT 2"),
        ("known = {'a': 'SELECT 1'}\ncur.execute(dict(known, b='SELECT 2')['b'])", "SELECT 2"),
        ("cur.execute(dict({'a': 'SELECT 1'}, b='SELECT 2')['a'])", "SELECT 1"),
        ("def f():\n  t = 'u'\n  cur.execute('SELECT 1 FROM %(t)s' % locals())", "SELECT 1 FROM u"),
        ("def f():\n  t = 'u'\n  cur.execute('SELECT 1 FROM {t}'.format(**locals()))", "SELECT 1 FROM u"),
        ("Q = ('SELECT 1', 'SELECT 2')\ncur.execute(Q[-1])", "SELECT 2"),
        ("if (q := 'SELECT 1'):\n  cur.execute(q)", "SELECT 1"),
        ("while (row := cur.execute('SELECT 1').fetchone()):\n  pass", "SELECT 1"),
        ("n = 0\nwhile n < 9:\n  cur.execute(f'SELECT 1 LIMIT 9 OFFSET {n}')\n  n += 9", "SELECT 1 LIMIT 9 OFFSET {n}"),
        ("n = 7\nwhile True:\n  cur.execute(f'SELECT {n}')", "SELECT 7"),
        ("def f(con):\n  run = con.execute\n  run('SELECT 1')", "SELECT 1"),
        ("import functools\nfunctools.partial(cur.execute, 'SELECT 1')()", "SELECT 1"),
        ("async def f(loop):\n  await loop.run_in_executor(None, cur.execute, 'SELECT 1', (2,))", "SELECT 1"),
        ("getattr(cur, 'execute')('SELECT 1')\ncur.execute", "SELECT 1"),
        (PROPERTY + "  def f(self):\n    self._sql('SELECT 1')", "SELECT 1"),
        (
            "class A:\n  def __init__(self, c):\n    self.x = c.execute\n  def f(self):\n    self.x('SELECT 1')",
            "SELECT 1",
        ),
        (
            PROPERTY + "  @contextlib.contextmanager\n  def _t(self):\n    sql = self._sql\n    yield sql, 1\n"
            "  def f(self):\n    with self._t() as (sql, _):\n      sql('SELECT 1')",
            "SELECT 1",
        ),
        ("def f(sql):\n  sql('SELECT 1')\ncur.execute", "SELECT 1"),
        ("def q():\n  yield 'SELECT 1'\nfor one in q():\n  cur.execute(one)", "SELECT 1"),
        ("def q():\n  yield from ('SELECT 1',)\nfor one in q():\n  cur.execute(one)", "SELECT 1"),
    ],
)
def test_a_text_that_is_known_is_found_whole(source: str, expected: str) -> None:
    assert sqls(source) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[cur.execute(q) for q in ('SELECT 1', 'SELECT 2')]", {"SELECT 1", "SELECT 2"}),
        ("x = {k: cur.execute(q) for k, q in {'a': 'SELECT 1', 'b': 'SELECT 2'}.items()}", {"SELECT 1", "SELECT 2"}),
        (
            ENUM + "for q in Q:\n  cur.execute(q.value)",
            {"SELECT 1", "SELECT 2"},
        ),
        (
            ENUM + "def f(q: Q):\n  cur.execute(q.value)",
            {"SELECT 1", "SELECT 2"},
        ),
        (
            "def f(a, b):\n  w = []\n  if a:\n    w.append('a = ?')\n  if b:\n    w.append('b = ?')\n  q = 'SELECT 1'\n"
            "  if w:\n    q += ' WHERE ' + ' AND '.join(w)\n  cur.execute(q)",
            {"SELECT 1", "SELECT 1 WHERE a = ?", "SELECT 1 WHERE b = ?", "SELECT 1 WHERE a = ? AND b = ?"},
        ),
        (
            "@pytest.mark.parametrize('sql', ['SELECT 1', pytest.param('SELECT 2', id='x')])\n"
            "def test(sql):\n  cur.execute(sql)",
            {"SELECT 1", "SELECT 2"},
        ),
        (
            "@pytest.mark.parametrize(('a', 'sql'), [(1, 'SELECT 1'), pytest.param(2, 'SELECT 2')])\n"
            "@pytest.mark.parametrize('more', MORE)\ndef test(a, sql, more):\n  cur.execute(sql)",
            {"SELECT 1", "SELECT 2"},
        ),
        (
            "def all(queries):\n  for q in queries:\n    cur.execute(q[0], q[1])\n"
            "all([['SELECT 1', ()], ['SELECT 2', (1,)]])",
            {"SELECT 1", "SELECT 2"},
        ),
        (
            "def f(p):\n  a = []\n  if p:\n    a.append('x = ?')\n  if not a:\n    a = ['1']\n"
            "  cur.execute('SELECT 1 WHERE ' + ' AND '.join(a))",
            {"SELECT 1 WHERE x = ?", "SELECT 1 WHERE 1"},
        ),
    ],
)
def test_alternatives(source: str, expected: set[str]) -> None:
    assert set(sqls(source)) == expected


def test_holes_of_a_tuple_are_named_after_its_elements() -> None:
    (statement,) = found("def f(a, b):\n  cur.execute('SELECT %s FROM %s' % (a.x, b))").statements
    assert statement.sql == "SELECT {x} FROM {b}"


@pytest.mark.parametrize(
    ("source", "reason", "advice"),
    [
        ("from other import Q\ncur.execute(Q)", "it comes from `other`", "literal or a constant"),
        ("cur.execute(undefined)", "nothing that sqlport can see defines `undefined`", "literal"),
        ("cur.execute(open('x').read())", "read from a file", "`.sql` file"),
        ("def f(sql):\n  cur.execute(sql)", "it is the parameter `sql` of `f()`", "No call of the function"),
        ("class A: pass\ncur.execute(A())", "an object of `A`", "literal"),
        ("cur.execute(['SELECT 1'])", "a collection", "literal"),
        ("def q(): pass\ncur.execute(q)", "a function", "literal"),
    ],
)
def test_why_a_text_is_not_known_and_what_helps(source: str, reason: str, advice: str) -> None:
    extraction = found(source)
    (finding,) = extraction.findings
    assert (finding.code, extraction.statements) == ("SQP001", ())
    assert reason in finding.message
    assert advice in finding.message


def test_too_many_alternatives_are_said_beside_those_that_are_shown() -> None:
    branches = "".join(f"  if x == {n}: q = 'SELECT {n} FROM t{n}'\n" for n in range(12))
    extraction = found(f"def f(x):\n  q = 'PRAGMA x'\n{branches}  cur.execute(q)")
    assert len(extraction.statements) <= 8
    (finding,) = extraction.findings
    assert "more than 8 alternatives" in finding.message


def test_none_is_no_text() -> None:
    (statement,) = found("class A:\n  t = None\n  def f(self):\n    cur.execute(f'SELECT 1 FROM {self.t}')").statements
    assert statement.sql == "SELECT 1 FROM {t}"


def test_everything_of_a_module() -> None:
    files = {
        "app.py": "import sqlite3\nfrom pkg import *\nsqlite3.connect('x').execute(Z)\n",
        "pkg/__init__.py": "from .m import *\n",
        "pkg/m.py": "Z = 'SELECT 1'\n",
    }
    sources = {path: source_of(path, text.encode()) for path, text in files.items()}
    finder = Finder()
    for source in sources.values():
        finder.add(source, Settings(read=sources.get))
    assert [one.sql for one in finder.finish()["app.py"].statements] == ["SELECT 1"]


@pytest.mark.parametrize(
    "source",
    [
        "register(cur.fetchone, 'SELECT 1')",
        "def f(sql):\n  sql('Select a file')",
        "def f(query):\n  query(1, 'SELECT 1')",
        "class A:\n  @property\n  def name(self):\n    return self.c.title\n  def f(self):\n    self.name('SELECT 1')",
        "[log(q) for q in ('SELECT 1', 'SELECT 2')]",
        "fn = lambda sql: sql('x')",
    ],
)
def test_other_calls_run_no_sql(source: str) -> None:
    assert sqls(source + "\ncur.execute") == []
