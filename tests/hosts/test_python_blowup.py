"""Programs that grow without end when they are followed: each is done within a second, if need be with a hole."""

from __future__ import annotations

import time

import pytest

from tests.hosts.support import found


def lines(template: str, count: int) -> str:
    """The template for each number."""
    return "".join(template.format(i=i, before=i - 1, after=i + 1, next=(i + 1) % count) for i in range(count))


def nested(before: str, inner: str, after: str, depth: int) -> str:
    """`before` and `after` so many times around."""
    return f"sql = {before * depth}{inner}{after * depth}\ncur.execute(sql)\n"


def in_function(body: str) -> str:
    return f"def f(x):\n{body}    cur.execute(sql)\n"


COLUMNS = ", ".join(f"'c{i}'" for i in range(10_000))
LOOPS = "".join(
    f"{'    ' * (i + 1)}for i{i} in x:\n{'    ' * (i + 2)}sql += 'a{i}'\n" for i in range(60)
)  # one in the other

PROGRAMS = {
    "a thousand +=": in_function("    sql = 'SELECT 1'\n" + lines("    sql += ', {i}'\n", 1000)),
    "a thousand conditional +=": in_function(
        "    sql = 'SELECT 1'\n" + lines("    if x[{i}]:\n        sql += ', {i}'\n", 1000)
    ),
    "ten thousand branches": in_function(
        "    sql = 'SELECT 1'\n" + lines("    if x == {i}:\n        sql = 'SELECT {i}'\n", 10_000)
    ),
    "nine hundred elif": in_function(
        "    if x: sql = 'SELECT a'\n" + lines("    elif x == {i}: sql = 'SELECT {i}'\n", 900)
    ),
    "a megabyte of literals": "sql = ("
    + "\n ".join(["'" + "SELECT a, " * 10 + "'"] * 10_000)
    + ")\ncur.execute(sql)\n",
    "a megabyte of +=": "sql = 'SELECT 1'\n" + ("sql += '" + ", a" * 330 + "'\n") * 1000 + "cur.execute(sql)\n",
    "calls in calls": nested("g(", "'SELECT 1'", ")", 80),
    "getattr in getattr": nested("getattr(", "cur", ", 'x')", 60),
    "conditions in conditions": nested("('a' if x else ", "'SELECT 1'", ")", 80),
    "comprehensions in comprehensions": nested("[f(x) for x in ", "y", "]", 30),
    "sinks in sinks": nested("cur.execute(", "'SELECT 1'", ")", 60),
    "text that doubles": "sql = 'SELECT a'\n" + "sql = sql + sql\n" * 60 + "cur.execute(sql)\n",
    "text that is put into itself": "sql = 'SELECT {} {}'\n"
    + "sql = sql.format(sql, sql)\n" * 60
    + "cur.execute(sql)\n",
    "constants of one another": "A = A + 'x'\nB = f'{C}'\nC = f'{B}'\ncur.execute('SELECT ' + A + B + C)\n",
    "helpers in a chain": "def h0(q): cur.execute(q)\n"
    + lines("def h{after}(q): h{i}(q)\n", 999)
    + "h999('SELECT 1')\n",
    "helpers in a circle": lines("def h{i}(q):\n  cur.execute(q)\n  h{next}(q)\n", 1000) + "h5('SELECT 1')\n",
    "results in a chain": lines("def h{i}(q): return h{after}(q) + 'a'\n", 1000) + "cur.execute(h0('SELECT '))\n",
    "results that branch": lines("def h{i}(q):\n  x = h{after}(q)\n  return x + h{after}(q + 'b')\n", 1000)
    + "cur.execute('SELECT ' + h0('a'))\n",
    "methods that branch": "class R:\n"
    + lines("    def m{i}(self, q): return self.m{next}(q) or self.m{after}(q)\n", 300)
    + "    def go(self): cur.execute(self.m0('SELECT 1'))\n",
    "five thousand calls of a helper": "def h(q): cur.execute('SELECT ' + q)\n" + lines("h('a{i}')\n", 5000),
    "two thousand callers": "def h(q): cur.execute(q)\n" + lines("def f{i}(): h('SELECT {i}')\n", 2000),
    "two thousand alternatives": "def h(a, b, c): cur.execute('SELECT ' + a + b + c)\n"
    + lines("h('a{i}', 'b{i}', 'c{i}')\n", 2000),
    "a line of 500 classes": "class C0:\n  q = 'SELECT 1'\n  def run(self): cur.execute(self.q)\n"
    + "".join(f"class C{i}(C{i - 1}):\n  q = 'SELECT {i}'\n" for i in range(1, 500)),
    "500 heirs": "class C:\n  q = 'SELECT 1'\n  def run(self): cur.execute(self.q)\n"
    + lines("class C{i}(C):\n  q = 'SELECT {i}'\n  def go(self): self.run()\n", 500),
    "a list of ten thousand": f"cur.execute('SELECT ' + ', '.join([{COLUMNS}]))\n",
    "ten thousand appends": "x = []\n"
    + lines("x.append('a{i}')\n", 10_000)
    + "cur.execute('SELECT ' + ', '.join(x))\n",
    "appends in two thousand branches": in_function(
        "    parts = []\n"
        + lines("    if x.a{i}:\n        parts.append('a{i} = ?')\n    else:\n        parts.append('b')\n", 2000)
        + "    sql = 'SELECT ' + ' AND '.join(parts)\n"
    ),
    "all of all of all": f"L = [{', '.join(COLUMNS.split(', ')[:256])}]\n"
    "cur.execute('SELECT ' + ', '.join([a + b + c for a in L for b in L for c in L]))\n",
    "lists of lists": f"L = [{', '.join(COLUMNS.split(', ')[:256])}]\n"
    "cur.execute('SELECT ' + ', '.join([', '.join([a + b for a in L]) for b in L]))\n",
    "sixty loops": f"def f(x):\n    sql = 'SELECT 1'\n{LOOPS}    cur.execute(sql)\n",
    "ten million placeholders": "cur.execute('SELECT 1 WHERE a IN (' + '?,' * 10_000_000 + ')')\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_done_in_no_time(name: str) -> None:
    source = PROGRAMS[name]
    begin = time.process_time()
    extraction = found(source)
    spent = time.process_time() - begin
    assert extraction.statements or extraction.findings, "it is told what was found or that it is not known"
    assert spent < 3.0, "one second on an idle machine"
