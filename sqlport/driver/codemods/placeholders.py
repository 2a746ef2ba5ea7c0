"""DRV007: `?` in texts that SQL is put together from where no statement is known: lists of placeholders, conditions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from sqlport.driver.model import Change, Module
from sqlport.hosts.python.literals import LiteralError, Token, scan_all
from sqlport.hosts.python.source import Lines, is_string
from sqlport.model import FileEdit, Span

_ONLY = re.compile(r"[\s,()]*\?[\s,()?]*")
_LIST = re.compile(r"\s*\(?\s*\?\s*(?:,\s*\?\s*)+,?\s*\)?\s*|\s*\(\s*\?\s*\)\s*|\s*,\s*\?\s*|\s*\?\s*,\s*")
# Words in capitals where they are words of English as well; a bracket or a comma where the text has more of SQL.
_WORDS = r"\b(?i:LIKE|ILIKE|LIMIT|OFFSET|VALUES|GLOB|BETWEEN|ESCAPE)|\b(?:IN|MATCH|IS|NOT|AND|OR|WHEN|THEN|ELSE)"
_BEHIND = r"\s*(\?)(?=[\s,)]|$)"
_CLEAR = re.compile(rf"(?:[=<>]|{_WORDS}){_BEHIND}")
_INSIDE = re.compile(rf"(?:[(,]|\b(?i:IN|AND|OR|NOT|IS)){_BEHIND}")
_OF_SQL = re.compile(
    r"(?i)\bVALUES\s*\(|\bIN\s*\(|\bINSERT\s+(?:OR\s+\w+\s+)?INTO\b|\bSELECT\b.*\bFROM\b|\bUPDATE\b.*\bSET\b"
    r"|\bDELETE\s+FROM\b|[=<>]\s*\?|\w\(\s*\?\s*[,)]|\b(?:LIKE|BETWEEN|LIMIT)\s*\?",
    re.DOTALL,
)
_REGEX = frozenset("re regex".split())
_SHOWN = frozenset("print input log debug info warning error exception critical echo secho confirm prompt ask".split())


@dataclass(frozen=True, slots=True)
class _Part:
    """Code with its place in the file: the module, or the expression of an f-string's field."""

    tree: ast.AST
    parents: dict[int, ast.AST]
    span: Callable[[ast.expr], Span]
    text: str


def find(module: Module, written: Collection[int]) -> Iterator[Change]:
    """Every such text; `written` are the starts of the string tokens that statements are known to be written with."""
    for part in _parts(module):
        for node in ast.walk(part.tree):
            if not isinstance(node, ast.expr) or not is_string(node) or _is_inner(node, part):
                continue
            try:
                span = part.span(node)
                tokens = scan_all(module.source.text, span.start, span.end)
            except (LiteralError, ValueError):
                continue
            for token in tokens:
                if token.start not in written and not token.is_bytes and not token.raw:
                    yield from _token(module, part, node, token)


def _parts(module: Module) -> Iterator[_Part]:
    source = module.source
    yield _Part(source.tree, dict(module.uses.parents), source.span, source.text)
    for token in source.all_tokens():
        for field in token.fields:
            start = source.text.find(field.source, field.start, field.end)
            try:
                tree = ast.parse(f"({field.source}\n)", mode="eval")
            except (SyntaxError, ValueError):
                continue
            if "?" not in field.source or start < 0:
                continue
            lines = Lines(f"({field.source}\n)")
            parents = {id(child): parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
            yield _Part(tree, parents, _placed(lines, start - 1), source.text)


def _placed(lines: Lines, base: int) -> Callable[[ast.expr], Span]:
    def span(node: ast.expr) -> Span:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = lines.offset(node.lineno, node.col_offset)
        return Span(base + start, base + lines.offset(node.end_lineno, node.end_col_offset))

    return span


def _is_inner(node: ast.AST, part: _Part) -> bool:
    """Whether it is a piece of an f-string, a docstring, or said to people."""
    parent = part.parents.get(id(node))
    while parent is not None and not isinstance(parent, ast.stmt):
        if isinstance(parent, (ast.JoinedStr, ast.FormattedValue)):
            return True
        if isinstance(parent, ast.Call):
            function = parent.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in _SHOWN or getattr(getattr(function, "value", None), "id", "") in _REGEX:
                return True
        parent = part.parents.get(id(parent))
    return isinstance(parent, (ast.Raise, ast.Assert)) or (isinstance(parent, ast.Expr) and parent.value is node)


def _is_repeated(node: ast.AST, part: _Part) -> bool:
    """Whether a lone `?` becomes a list of placeholders: it is multiplied, joined for each of some, or appended."""
    parent = part.parents.get(id(node))
    while isinstance(parent, ast.IfExp) and parent.test is not node:
        node, parent = parent, part.parents.get(id(parent))
    if isinstance(parent, ast.List | ast.Tuple) and all(_is_mark(each) for each in parent.elts):
        node, parent = parent, part.parents.get(id(parent))
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Mult)
    if isinstance(parent, ast.GeneratorExp | ast.ListComp) and parent.elt is node:
        node, parent = parent, part.parents.get(id(parent))
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and node in parent.args:
        return parent.func.attr in ("join", "append") or (parent.func.attr == "repeat" and parent.args[0] is node)
    return isinstance(node, ast.GeneratorExp | ast.ListComp) or (
        isinstance(node, ast.List) and isinstance(parent, ast.Assign | ast.AnnAssign | ast.AugAssign)
    )


def _is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip() == "?"


def _token(module: Module, part: _Part, node: ast.expr, token: Token) -> Iterator[Change]:
    edits: list[FileEdit] = []
    if (marks := _characters(node, part, token)) is not None:
        written = Span(token.start, token.end).of(part.text).replace(marks, "%s")
        edit = FileEdit(module.path, token.start, token.end, f"[{written}] * {len(marks)}")
        yield Change("DRV007", module.path, Span(token.start, token.end), (edit,))
        return
    for fragment in token.fragments:
        text = fragment.text
        if len(token.fragments) == 1 and _ONLY.fullmatch(text):
            is_list = _LIST.fullmatch(text) is not None or _is_repeated(node, part)
            found = [at for at, character in enumerate(text) if character == "?"] if is_list else []
        else:
            patterns = (_CLEAR, _INSIDE) if _OF_SQL.search(text) else (_CLEAR,)
            found = sorted({match.start(1) for pattern in patterns for match in pattern.finditer(text)})
        for at in found:
            start, end = fragment.source_range(at, at + 1)
            edits.append(FileEdit(module.path, start, end, "%s"))
    if not edits:
        return
    span = Span(token.start, token.end)
    problem, wrapped = _around(module, part, node, token)
    if problem:
        yield Change("DRV007", module.path, span, message=problem)
        return
    yield Change("DRV007", module.path, span, (*wrapped, *edits))


def _characters(node: ast.expr, part: _Part, token: Token) -> str | None:
    """The text of several `?` whose characters are joined one by one (`",".join("???")`)."""
    parent = part.parents.get(id(node))
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Attribute) or parent.func.attr != "join":
        return None
    alone = len(token.fragments) == 1 and re.fullmatch(r"\?{2,}", token.fragments[0].text) is not None
    return token.fragments[0].text if alone and node in parent.args else None


def _around(module: Module, part: _Part, node: ast.expr, token: Token) -> tuple[str, tuple[FileEdit, ...]]:
    """What the expression around the text asks for: a reason not to touch it, or more edits."""
    parent = part.parents.get(id(node))
    if not isinstance(parent, ast.BinOp):
        return "", ()
    if isinstance(parent.op, ast.Mod) and parent.left is node:
        return "the text is formatted with %, so that a placeholder of psycopg is `%%s` in it; write it so by hand", ()
    alone = len(token.fragments) == 1 and token.fragments[0].text == "?"
    if not isinstance(parent.op, ast.Mult) or not alone:
        return "", ()
    around = part.parents.get(id(parent))
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and around.func.id in ("list", "tuple"):
        around = part.parents.get(id(around))
    joins = isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute) and around.func.attr == "join"
    if not joins:
        return "a repeated `?` is taken for a list of placeholders elsewhere; build a list of `%s` by hand", ()
    start, end = token.start, token.end
    return "", (FileEdit(module.path, start, start, "["), FileEdit(module.path, end, end, "]"))
