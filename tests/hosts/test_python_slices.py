"""What of a function is followed: all that can reach a statement, and nothing that cannot."""

from __future__ import annotations

import ast
import textwrap

import pytest

from sqlport.hosts.python.slices import FunctionNode, Purpose, body_of
from tests.hosts.support import sqls


def followed(source: str, purpose: Purpose = "calls", *, calls: str = "execute") -> list[str]:
    """The first lines of the statements that matter for the calls of that name, or for the result."""
    node = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(node, FunctionNode)
    wanted = {
        id(statement)
        for statement in ast.walk(node)
        if isinstance(statement, ast.Expr) and calls in ast.unparse(statement.value)
    }
    matters = body_of(node).slice(purpose, wanted if purpose != "result" else ())
    assert matters is not None
    inner = [one for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
    return [ast.unparse(one).splitlines()[0] for one in inner if id(one) in matters.live]


def test_what_no_call_reads_is_not_followed() -> None:
    assert followed(
        """
        def f(x):
            noise = compute(x)
            sql = "SELECT 1"
            more = noise + 1
            con.execute(sql)
        """
    ) == ["sql = 'SELECT 1'", "con.execute(sql)"]


def test_names_lead_to_the_names_that_they_are_made_of() -> None:
    assert followed(
        """
        def f(x):
            table = x.name
            other = x.other
            sql = "SELECT * FROM " + table
            con.execute(sql)
        """
    ) == ["table = x.name", "sql = 'SELECT * FROM ' + table", "con.execute(sql)"]


def test_attributes_are_told_apart_by_their_names() -> None:
    assert followed(
        """
        def f(a):
            a.b.c = 1
            a.b.d = 2
            con.execute(a.b.c)
        """,
        "inlined",
    ) == ["a.b.c = 1", "con.execute(a.b.c)"]


def test_what_methods_keep_in_self_is_followed() -> None:
    assert "self.table = name" in followed("def f(self, name):\n    self.table = name\n    con.execute('SELECT 1')\n")


def test_branches_matter_where_they_bind_or_leave() -> None:
    lines = followed(
        """
        def f(x):
            if x.logged:
                log(x)
            if x.done:
                return
            if x.small:
                sql = "SELECT 1"
            else:
                sql = "SELECT 2"
            con.execute(sql)
        """
    )
    assert "if x.logged:" not in lines
    assert {"if x.done:", "return", "if x.small:"} <= set(lines)


def test_a_test_matters_where_the_arguments_decide_it() -> None:
    source = """
        def f(x):
            small = len(x)
            if small:
                return "SELECT 1"
            return "SELECT 2"
        """
    assert "small = len(x)" in followed(source, "result")
    assert "small = len(x)" not in followed(source, "calls")


def test_lists_that_are_built_in_place_are_followed() -> None:
    lines = followed(
        """
        def f(names):
            parts = []
            seen = []
            for name in names:
                parts.append(name)
                seen.append(name)
            con.execute(", ".join(parts))
        """
    )
    assert "parts.append(name)" in lines
    assert "seen.append(name)" not in lines


@pytest.mark.parametrize("call", ["locals()", "vars()", "getattr(x, 'y')"])
def test_everything_is_followed_where_names_may_be_read_that_are_not_written(call: str) -> None:
    node = ast.parse(f"def f(x):\n    a = {call}\n    con.execute('SELECT 1')").body[0]
    assert isinstance(node, FunctionNode)
    assert body_of(node).slice("calls", ()) is None


def test_a_long_chain_of_branches_is_one_walk() -> None:
    arms = "".join(f"    elif x == {number}:\n        sql = 'SELECT {number}'\n" for number in range(2_000))
    node = ast.parse(f"def f(x):\n    if x:\n        pass\n{arms}    return sql\n").body[0]
    assert isinstance(node, FunctionNode)
    matters = body_of(node).slice("result", ())
    assert matters is not None
    assert "x" in matters.names


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("(sql := 'SELECT 1')\n    cur.execute(sql)", "SELECT 1"),
        ("if (sql := 'SELECT 1'):\n        cur.execute(sql)", "SELECT 1"),
        ("for sql in ['SELECT 1']:\n        cur.execute(sql)", "SELECT 1"),
        ("with closing('SELECT 1') as sql:\n        cur.execute(sql)", "SELECT 1"),
        ("sql, other = 'SELECT 1', 2\n    cur.execute(sql)", "SELECT 1"),
        ("x.a = sql = 'SELECT 1'\n    cur.execute(sql)", "SELECT 1"),
        ("d = {}\n    d['a'] = 'SELECT 1'\n    cur.execute(d['a'])", "SELECT 1"),
        ("def g():\n        return 'SELECT 1'\n    cur.execute(g())", "SELECT 1"),
        ("t = 'x'\n    def g():\n        return 'SELECT ' + t\n    cur.execute(g())", "SELECT x"),
        ("t = 'x'\n    cur.execute('SELECT %(t)s' % locals())", "SELECT x"),
        ("t = 'x'\n    f = lambda: 'SELECT ' + t\n    cur.execute(f())", "SELECT x"),
        ("[cur.execute(q) for q in ['SELECT 1']]", "SELECT 1"),
        ("try:\n        sql = 'SELECT 1'\n    finally:\n        pass\n    cur.execute(sql)", "SELECT 1"),
        ("class A:\n        q = 'SELECT 1'\n    cur.execute(A.q)", "SELECT 1"),
    ],
)
def test_what_reaches_a_call_is_found_however_it_is_bound(body: str, expected: str) -> None:
    assert sqls(f"from contextlib import closing\ndef f():\n    {body}\n") == [expected]


def test_calls_at_module_level_of_a_helper_are_found_in_later_rounds() -> None:
    source = """
        def outer(q):
            inner(q)
        def inner(q):
            cur.execute(q)
        outer("SELECT 1")
        def late():
            outer("SELECT 2")
        class A:
            rows = outer("SELECT 3")
        @outer("SELECT 4")
        def decorated(): pass
        """
    assert sorted(sqls(source)) == ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"]


def test_what_a_helper_makes_of_its_arguments_is_written_once_however_many_branches_lead_to_it() -> None:
    source = """
        def by_year(field, flag):
            column = "a" if flag else "b"
            cur.execute(f"SELECT {column} FROM t ORDER BY {field}")
        by_year("x", one)
        by_year("y", two)
        """
    assert sorted(sqls(source)) == [f"SELECT {column} FROM t ORDER BY {field}" for column in "ab" for field in "xy"]
