"""The token list of a statement on its way into sqlglot's parser, and the finished tree.

sqlglot would lose what a statement says: `ifnull` becomes `Coalesce`, `strftime` `TimeToStr`, `?1` does not
parse. So every function becomes an `exp.Anonymous` under its own name, every placeholder an `exp.Placeholder`,
NULL, TRUE, FALSE and CURRENT_* leaves that know their place, and clauses that only SQLite has are lifted out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import TokenType

from sqlport.model import Span
from sqlport.sql.tokens import Token, dialect

_MARK = "ƒ"  # begins every rewritten name inside the parser, and is gone from the finished tree
_NO_FUNCTION = frozenset(
    """ALL AND AS BETWEEN BY CASE CAST CHECK CONFLICT DISTINCT ELSE EXCEPT EXISTS FILTER FROM GLOB GROUP
    HAVING IN INTERSECT INTO IS ISNULL JOIN KEY LIKE LIMIT MATCH MATERIALIZED NOT NOTNULL OFFSET ON OR
    ORDER OVER PARTITION REGEXP RETURNING SELECT SET TABLE THEN UNION UNIQUE USING VALUES WHEN WHERE
    WITH ESCAPE COLLATE DEFAULT ADD COLUMN INDEX VIEW PRIMARY FOREIGN REFERENCES""".split()
)
_BOTH_WAYS = frozenset(["GLOB", "LIKE", "REGEXP", "MATCH", "REPLACE", "LEFT", "RIGHT"])  # operators and functions
_LEAVES: Mapping[str, Callable[[], exp.Expr]] = {
    "NULL": exp.Null,
    "TRUE": lambda: exp.Boolean(this=True),
    "FALSE": lambda: exp.Boolean(this=False),
    "CURRENT_TIMESTAMP": exp.CurrentTimestamp,
    "CURRENT_DATE": exp.CurrentDate,
    "CURRENT_TIME": exp.CurrentTime,
}
_BEFORE_VALUE = frozenset(
    """( , = == <> != < > <= >= + - * / % || & | << >> -> ->> SELECT THEN ELSE WHEN CASE AND OR BETWEEN
    LIKE GLOB RETURNING WHERE ON HAVING DEFAULT LIMIT OFFSET DISTINCT""".split()
) | {"ORDER BY", "GROUP BY", "PARTITION BY"}
_ORDINARY_NAMES = frozenset("ANY SOME CURRENT_USER SESSION_USER CURRENT_ROLE LOCALTIME LOCALTIMESTAMP USER".split())
_ENDS_OPERAND = frozenset(["VAR", "IDENTIFIER", "R_PAREN", "STRING", "NUMBER"])
_TOKEN_TYPES = {"INSERT": TokenType.INSERT, "TEXT": TokenType.TEXT, "~": TokenType.RLIKE}
# Words of other dialects that are plain names for SQLite; PostgreSQL's FOR, ILIKE and LATERAL may be a port's.
_FOREIGN_WORDS = frozenset(
    """CUBE FETCH FOR GRANT ILIKE LATERAL LOCK QUALIFY REVOKE RLIKE ROLLUP TABLESAMPLE UNCACHE XOR""".split()
)
_CONSTRAINTS = frozenset(
    """CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS FOREIGN ON""".split()
) | {"PRIMARY KEY", "FOREIGN KEY"}


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A parameter: `text` as written (`?`, `?1`, `:a`, `@a`, `$a`), and which parameter it is.

    `key` is a 0-based index for `?` and `?N` (SQLite gives `?` the number after the largest so far), else
    the name without its first character. https://www.sqlite.org/lang_expr.html#varparam
    """

    text: str
    span: Span
    key: int | str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a statement could not be read, and where."""

    message: str
    span: Span


class Reader:
    """The token list on its way into the parser: what was taken out and what was given another name."""

    def __init__(self, sql: str, raw: list[Any], tokens: tuple[Token, ...]) -> None:
        self.sql = sql
        self.raw = raw
        self.tokens = tokens
        self.lifted: dict[str, tuple[Span, ...]] = {}
        self.gone: set[int] = set()  # indexes of tokens that the parser does not see
        self.renamed: dict[int, str] = {}  # index -> the name the parser sees
        self.leaves: dict[str, Callable[[], exp.Expr]] = {}

    def placeholders(self) -> tuple[Placeholder, ...]:
        """All parameters in order; each becomes one name for the parser."""
        found: list[Placeholder] = []
        largest = 0
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
            joined = following is not None and following.start == token.end
            key: int | str | None = None
            end = token.end
            if token.text == "?":
                key = largest
                if joined and following is not None and following.kind == "NUMBER":
                    key, end = int(following.text) - 1, following.end
                largest = max(largest, key + 1)
            elif token.text in (":", "@", "$") and joined and following is not None and _is_name(following.text):
                key, end = following.text, following.end
            elif token.text[:1] in ("$", "@", ":") and len(token.text) > 1 and _is_name(token.text[1:]):
                key = token.text[1:]
            if key is not None:
                found.append(Placeholder(self.sql[token.start : end], Span(token.start, end), key))
                self._leaf(index, exp.Placeholder, self.sql[token.start : end])
                if end > token.end:
                    index += 1
                    self.gone.add(index)
            index += 1
        return tuple(found)

    def _leaf(self, index: int, make: Callable[..., exp.Expr], this: str = "") -> None:
        name = f"{_MARK}{len(self.leaves)}"
        self.leaves[name] = (lambda: make(this=this)) if this else make
        self.renamed[index] = name

    def lift(self, kind: str) -> None:
        """Take out the clauses that only SQLite has."""
        words = [token.word for token in self.tokens]
        depth = 0
        for index, word in enumerate(words):
            depth += {"(": 1, ")": -1}.get(word, 0)
            after = words[index + 1 : index + 3]
            if word in ("INSERT", "UPDATE") and after[:1] == ["OR"] and depth == 0:
                self._take("conflict", index + 1, index + 3)
            elif word == "REPLACE" and after[:1] == ["INTO"] and depth == 0 and words[index - 1] != "OR":
                self.lifted["conflict"] = (self.tokens[index].span,)
                self.renamed[index] = "INSERT"
            elif word == "ON" and after[:1] == ["CONFLICT"] and depth == 0 and kind == "INSERT":
                self._lift_upsert(index)
            elif word == "INDEXED BY" or (word == "NOT" and after[:1] == ["INDEXED"]):
                self._take("indexed", index, index + 2)
            elif kind == "CREATE TABLE" and depth == 0 and word == "WITHOUT" and after[:1] == ["ROWID"]:
                self._take("options", index, index + 2)
            elif kind == "CREATE TABLE" and depth == 0 and word == "STRICT":
                self._take("options", index, index + 1)
            elif kind == "CREATE TABLE" and depth == 0 and word == "," and "options" in self.lifted:
                self.gone.add(index)
            elif kind in ("UPDATE", "DELETE") and word == "OFFSET" and depth == 0 and "LIMIT" in words[:index]:
                self._take("offset", index, len(words))  # sqlglot knows it in queries only
            elif self._is_subscript(index):
                self._take("subscript", index, index + 1)
            elif kind in ("CREATE TABLE", "ALTER TABLE") and word == "ON" and after[:1] == ["CONFLICT"]:
                self._take("column-conflict", index, index + 3)
        if kind in ("CREATE TABLE", "ALTER TABLE"):
            self._plain_column_types(kind)
        self._plain_cast_types()

    def _is_subscript(self, index: int) -> bool:
        """PostgreSQL's `(array_agg(x))[1]`, from an earlier rewriting."""
        if self.tokens[index].text != "[1]" or self.tokens[index - 1].text != ")":
            return False
        depth = 0
        for start in range(index - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(self.tokens[start].text, 0)
            if not depth:
                return self.tokens[start + 1].word == "ARRAY_AGG"
        return False

    def _lift_upsert(self, start: int) -> None:
        """Take out every ON CONFLICT clause behind the first: `Parsed.lifted["upsert"]`."""
        if start in self.gone or not any(
            self.tokens[i].word == "ON" and self.tokens[i + 1].word == "CONFLICT" for i in range(start)
        ):
            return
        depth, end = 0, start
        while end < len(self.tokens) and (depth or self.tokens[end].word != "RETURNING"):
            depth += {"(": 1, ")": -1}.get(self.tokens[end].text, 0)
            end += 1
        self._take("upsert", start, end)

    def _plain_column_types(self, kind: str) -> None:
        """Give every column the type TEXT for the parser: SQLite takes any words, also none, as a type."""
        if kind == "CREATE TABLE" and self._is_query():
            return
        depth, column = 0, False
        for index, token in enumerate(self.tokens):
            before = self.tokens[index - 1].word if index else ""
            if kind == "CREATE TABLE":
                starts = depth == 1 and before in ("(", ",")
            else:
                added = before == "COLUMN" and self.tokens[index - 2].word == "ADD"
                starts = added or (before == "ADD" and token.word != "COLUMN")
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if starts and depth <= 1 and token.word not in _CONSTRAINTS:
                column = True
                self._type(index + 1)
            elif column and token.text == ",":
                column = False

    def _is_query(self) -> bool:
        """Whether it is a CREATE TABLE AS SELECT, which declares no columns."""
        for token in self.tokens:
            if token.word in ("(", "AS"):
                return token.word == "AS"
        return False

    def _type(self, start: int, stop: frozenset[str] = _CONSTRAINTS | {",", ")"}) -> None:
        """Make the type that begins at `start` one word that the parser knows."""
        depth, end = 0, start
        while end < len(self.tokens) and (depth or self.tokens[end].word not in stop):
            depth += {"(": 1, ")": -1}.get(self.tokens[end].text, 0)
            end += 1
        if end > start:
            self.renamed[start] = "TEXT"
            self.gone.update(range(start + 1, end))

    def _plain_cast_types(self) -> None:
        """The same for `CAST(x AS UNSIGNED BIG INT)`: see `Parsed.cast_type`."""
        opened: list[bool] = []
        for index, token in enumerate(self.tokens):
            if token.text == "(":
                opened.append(index > 0 and self.tokens[index - 1].word == "CAST")
            elif token.text == ")" and opened:
                opened.pop()
            elif token.word == "AS" and opened and opened[-1]:
                self._type(index + 1, frozenset(")"))

    def _take(self, name: str, start: int, end: int) -> None:
        end = min(end, len(self.tokens))
        span = Span(self.tokens[start].start, self.tokens[end - 1].end)
        self.lifted[name] = (*self.lifted.get(name, ()), span)
        self.gone.update(range(start, end))

    def parse(self) -> tuple[exp.Expr | None, Problem | None]:
        """The finished tree, or why there is none."""
        self._rename_functions_and_leaves()
        kept = [self._renamed(i, raw) for i, raw in enumerate(self.raw) if i not in self.gone]
        try:
            trees = [tree for tree in dialect().parser(error_level=None).parse(kept, self.sql) if tree is not None]
        except ParseError as error:
            return None, self._problem(error)
        except TypeError:  # sqlglot's answer to an operator without an operand
            return None, Problem("an operand is missing", Span(0, len(self.sql)))
        except RecursionError:
            return None, Problem("the statement is nested too deeply to be read", Span(0, len(self.sql)))
        if len(trees) != 1 or isinstance(trees[0], exp.Command):
            return None, Problem("not a SQLite statement that can be read", Span(0, len(self.sql)))
        if any(not query.expressions for query in trees[0].find_all(exp.Select)):
            return None, Problem("a SELECT has no columns", Span(0, len(self.sql)))
        return self._finished(trees[0]), None

    def _problem(self, error: ParseError) -> Problem:
        details = error.errors[0] if error.errors else {}
        start = len(self.sql)
        if details.get("highlight"):
            before = str(details.get("start_context") or "")
            start = self.sql.find(str(details["highlight"]), max(0, self.sql.find(before) + len(before) - 1))
        message = str(details.get("description") or "not a SQLite statement").rstrip(".")
        message = message.split(" but got <Token")[0].replace(_MARK, "")
        start = min(max(start, 0), len(self.sql))
        return Problem(message[:1].lower() + message[1:], Span(start, min(start + 1, len(self.sql))))

    def _rename_functions_and_leaves(self) -> None:
        before: Token | None = None
        for index, token in enumerate(self.tokens):
            if index in self.gone:
                continue
            if before is not None and before.text in ("->", "->>") and token.kind in ("STRING", "NUMBER"):
                # sqlglot would read a path into it, and lose how it was written.
                self._leaf(index, partial(exp.Literal, this=_unquoted(token), is_string=token.kind == "STRING"))
            elif self._is_fraction(index, before):
                self._leaf(index, partial(exp.Literal, this="0." + self.tokens[index + 1].text, is_string=False))
                self.gone.add(index + 1)
            elif index not in self.renamed and token.kind not in ("STRING", "NUMBER"):
                following = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
                if (
                    following == "("
                    and self._is_call(token, self._operand_before(index, before))
                    and not self._is_extract(index)
                ):
                    self.renamed[index] = _MARK + "f" + token.text
                elif token.word in _ORDINARY_NAMES or (token.word in _FOREIGN_WORDS and _begins(before, following)):
                    self.renamed[index] = _MARK + "n" + token.text
                elif token.text == "~" and before is not None and (before.kind in _ENDS_OPERAND or before.text == "!"):
                    self.renamed[index] = "~"  # PostgreSQL's operator of two operands, from an earlier rewriting
                elif token.word in _LEAVES and (before is None or before.word in _BEFORE_VALUE):
                    self._leaf(index, _LEAVES[token.word])
            before = token

    def _is_fraction(self, index: int, before: Token | None) -> bool:
        """Whether `.5` begins here, which sqlglot reads without keeping its place."""
        token, following = self.tokens[index], self.tokens[index + 1 : index + 2]
        number = bool(following) and following[0].kind == "NUMBER" and following[0].start == token.end
        return token.text == "." and number and (before is None or before.kind not in _ENDS_OPERAND)

    def _is_extract(self, index: int) -> bool:
        """PostgreSQL's `extract(epoch FROM x)`, from an earlier rewriting."""
        words = [token.word for token in self.tokens[index : index + 4]]
        return words[:1] == ["EXTRACT"] and words[3:] == ["FROM"]

    def _operand_before(self, index: int, before: Token | None) -> Token | None:
        """What tells an operator from a call: of `x NOT LIKE (y)` the x."""
        if before is not None and before.word == "NOT" and self.tokens[index].word in _BOTH_WAYS and index > 1:
            return self.tokens[index - 2]
        return before

    @staticmethod
    def _is_call(token: Token, before: Token | None) -> bool:
        if not _is_name(token.text) or " " in token.word:
            return False
        if token.word in _NO_FUNCTION:
            if token.word not in _BOTH_WAYS:
                return False
            # An operator stands behind an operand, a function does not.
            return before is None or before.word in _BEFORE_VALUE or before.word in _NO_FUNCTION
        # Behind a name or a closing parenthesis stands a type, an alias or a column list, but no call.
        return before is None or (
            before.text != "::" and before.kind not in ("VAR", "IDENTIFIER", "R_PAREN", "STRING", "NUMBER")
        )

    def _renamed(self, index: int, raw: Any) -> Any:
        name = self.renamed.get(index)
        if name is None:
            return raw
        kind = _TOKEN_TYPES.get(name, TokenType.VAR)
        end = raw.end
        while index + 1 in self.gone and index + 1 < len(self.raw) and self.raw[index + 1].start == end + 1:
            index, end = index + 1, self.raw[index + 1].end
        return type(raw)(kind, name, line=raw.line, col=raw.col, start=raw.start, end=end, comments=raw.comments)

    def _finished(self, tree: exp.Expr) -> exp.Expr:
        """The tree with its own names again, and the leaves put in."""
        for node in list(tree.dfs()):
            if isinstance(node, exp.NullSafeEQ) and isinstance(node.expression, exp.JSON):
                # PostgreSQL's `x IS JSON`, of an earlier rewriting: a test, and no comparison.
                node.replace(exp.Is(this=node.this, expression=node.expression))
                continue
            name = node.args.get("this")
            if not isinstance(name, str) or not name.startswith(_MARK):
                continue
            if name not in self.leaves:
                self._named_again(node, name[2:])
                continue
            leaf = self.leaves[name]()
            leaf.meta.update(node.meta)
            parent = node.parent
            whole = parent if isinstance(parent, exp.Column) and not parent.table else node
            if whole is tree:
                return leaf
            whole.replace(leaf)
        return tree

    @staticmethod
    def _named_again(node: exp.Expr, name: str) -> None:
        """Give a node its own name; a table's in front of a column list (`INTO "t" (a)`) without its quotes."""
        if isinstance(node, exp.Identifier) and name[:1] in ('"', "`", "["):
            end = "]" if name[0] == "[" else name[0]
            node.set("this", name[1:-1] if name[0] == "[" else name[1:-1].replace(end * 2, end))
            node.set("quoted", True)
            return
        node.set("this", name.lower() if isinstance(node, exp.Anonymous) else name)


def _begins(before: Token | None, following: str) -> bool:
    """Whether a name may begin behind this token, and is no call."""
    return following != "(" and (before is None or before.word in _BEFORE_VALUE or before.word in (".", "SET"))


def _unquoted(token: Token) -> str:
    return token.text[1:-1].replace("''", "'") if token.kind == "STRING" else token.text


def _is_name(text: str) -> bool:
    return text[:1].isalpha() or text[:1] in ("_", '"', "`", "[") if text else False
