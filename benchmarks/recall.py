"""How much of the SQL that programs really execute is found: traced test suites against `sqlport extract`.

    python -m benchmarks.recall trace --out DIR CHECKOUT COMMAND...
    python -m benchmarks.recall score CHECKOUT=DIR... [--misses N]

`trace` runs a project's own tests with every statement on sqlite3 recorded (see `tracing/sitecustomize.py`);
`score` compares what ran with what is found, by site: the call that holds or starts the text, which is the
innermost call of the project whose function was not given it by its caller. A site is *located* when a
statement is found there, *half* when half of the tokens are known, *complete* when the text matches with holes
standing for anything and at least 80% of it known. A site that ran several texts counts by the most of them.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from sqlport.model import Statement
from sqlport.project import read
from sqlport.settings import load

TRACING = Path(__file__).parent / "tracing"
LEVELS = ("located", "half", "complete")
MAX_TEXTS = 40
"""Different texts of one site that are compared."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A call of the project: `given` tells that the text is a parameter of the function it is in."""

    path: str
    line: int
    function: str
    given: bool


@dataclass(frozen=True, slots=True)
class Executed:
    """A text that ran, with the project's frames from the driver's call outwards."""

    sql: str
    frames: tuple[Frame, ...]

    @property
    def site(self) -> Frame:
        """The call that holds or starts the text."""
        return next((frame for frame in self.frames if not frame.given), self.frames[-1])


@dataclass(slots=True)
class Site:
    """One call of a project, the texts that it ran, and how many of them reached each level."""

    path: str
    line: int
    shape: str
    texts: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    example: str = ""
    nearest: str = ""

    def has(self, level: str) -> bool:
        """Whether most of the texts are known so well."""
        return self.reached[level] * 2 >= self.texts

    @property
    def in_tests(self) -> bool:
        """Whether the call is in the project's tests."""
        return re.search(r"(^|/)(tests?|testing|conftest)(/|\.py|_|$)", self.path) is not None


def trace(checkout: Path, out: Path, command: Sequence[str]) -> int:
    """Run the command in the checkout with statements recorded. Its exit code."""
    out.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(TRACING), os.environ.get("PYTHONPATH", "")))),
        "SQLPORT_TRACE": str(out.resolve()),
        "SQLPORT_TRACE_ROOT": str(checkout.resolve()),
    }
    return subprocess.run(command, cwd=checkout, env=environment, check=False).returncode


def executed(folder: Path) -> Iterator[Executed]:
    """What was recorded, each text and stack once."""
    seen = set()
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8", "surrogatepass").splitlines():
            data = json.loads(line)
            one = Executed(data["sql"], tuple(Frame(*frame) for frame in data["frames"]))
            if one not in seen:
                seen.add(one)
                yield one


# -- what is found


class Found:
    """The statements of a checkout by the lines at which they are run or written."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        before = Path.cwd()
        os.chdir(checkout)
        try:
            source = read(["."], load([Path()]), None)
        finally:
            os.chdir(before)
        self.findings = source.findings
        self.texts: dict[tuple[str, int, int], list[Statement]] = defaultdict(list)
        self.at: dict[tuple[str, int], set[tuple[str, int, int]]] = defaultdict(set)
        for statement in source.statements:
            key = (statement.sink_path, statement.sink_line, statement.alternative)
            if statement.host == "sql":
                key = (statement.path, 1, 0)
            self.texts[key].append(statement)
            self.at[statement.sink_path, statement.sink_line].add(key)
            for line in range(statement.line, statement.end_line + 1):
                self.at[statement.path, line].add(key)

    def near(self, frame: Frame) -> list[list[Statement]]:
        """The texts of the call at a frame's line; of one text all statements."""
        first, last = call_at(self.checkout / frame.path, frame.line)[:2]
        keys = {key for line in range(first, last + 1) for key in self.at.get((frame.path, line), ())}
        return [self.texts[key] for key in sorted(keys)]


@lru_cache(maxsize=512)
def _calls(path: Path) -> list[ast.Call]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, OSError, ValueError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def call_at(path: Path, line: int) -> tuple[int, int, ast.Call | None]:
    """The lines of the smallest call around a line that is given a text, and the call."""
    around = [call for call in _calls(path) if call.lineno <= line <= (call.end_lineno or call.lineno)]
    if not around:
        return line, line, None
    chosen = min(around, key=lambda call: ((call.end_lineno or 0) - call.lineno, not call.args, -call.col_offset))
    by_name = [call for call in around if isinstance(call.func, ast.Attribute) and "execute" in call.func.attr]
    if by_name:
        chosen = min(by_name, key=lambda call: (call.end_lineno or 0) - call.lineno)
    return min(chosen.lineno, line), max(chosen.end_lineno or line, line), chosen


# -- comparing

_TOKEN = re.compile(r"%s|'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\w+|[^\w\s]", re.DOTALL)
_HOLE = "\ufffc"


def tokens(sql: str) -> list[str]:
    """Tokens without comments and semicolons; a run of placeholders is one."""
    found: list[str] = []
    for token in _TOKEN.findall(sql):
        if token.startswith(("--", "/*")) or token == ";":
            continue
        if token in ("?", "%s") and found[-2:] == [token, ","]:
            found.pop()
            continue
        found.append(token)
    return found


def pieces(statements: Sequence[Statement]) -> list[str]:
    """The known text between the holes, of all statements of one text."""
    parts: list[str] = []
    for statement in statements:
        at = 0
        for hole in statement.holes:
            parts += (statement.sql[at : hole.start], _HOLE)
            at = hole.end
        parts += (statement.sql[at:], " ; ")
    return "".join(parts).split(_HOLE)


def is_complete(executed_text: str, parts: Sequence[str]) -> bool:
    """Whether the pieces are the text, anchored, with anything in the holes, and make up 80% of its tokens."""
    text = "".join(tokens(executed_text))
    known = ["".join(tokens(part)) for part in parts]
    if len(known) == 1:
        return text == known[0]
    first, *middle, last = known
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if len(text) - len(last) < at or not text.endswith(last):
        return False
    total = len(tokens(executed_text))
    return sum(len(tokens(part)) for part in parts) >= 0.8 * total


def share(executed_text: str, parts: Sequence[str]) -> float:
    """How much of the text's tokens the pieces have, in order."""
    wanted = tokens(executed_text)[:3000]
    known = [token for part in parts for token in tokens(part)][:3000]
    matched = sum(block.size for block in SequenceMatcher(None, wanted, known, autojunk=False).get_matching_blocks())
    return matched / max(len(wanted), 1)


def levels(one: Executed, found: Found) -> tuple[set[str], str]:
    """The levels that a text reaches, and the nearest text that was found."""
    at_site = found.near(one.site)
    everywhere = [texts for frame in one.frames for texts in found.near(frame)] if one.frames else []
    best, nearest = 0.0, ""
    reached: set[str] = {"located"} if at_site else set()
    for statements in [*at_site, *everywhere]:
        parts = pieces(statements)
        if is_complete(one.sql, parts):
            return set(LEVELS), ""
        if best < 1:
            part = share(one.sql, parts)
            if part > best:
                best, nearest = part, _HOLE.join(parts)
    if best >= 0.5:
        reached |= {"located", "half"}
    return reached, nearest


# -- shapes


def shape_of(call: ast.Call | None) -> str:
    """How the argument that holds the text is written."""
    if call is None:
        return "no call"
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not arguments:
        return "no argument"
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    node = arguments[0] if "execute" in name else max(arguments, key=_stringy)
    wrapped = "" if "execute" in name else "wrapper: "
    return wrapped + _shape(node)


def _stringy(node: ast.expr) -> int:
    if isinstance(node, (ast.JoinedStr, ast.BinOp)):
        return 3
    if isinstance(node, ast.Constant):
        return 3 if isinstance(node.value, str) and " " in node.value else 0
    return 1


def _shape(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return "literal"
    if isinstance(node, ast.JoinedStr):
        return "f-string"
    if isinstance(node, ast.BinOp):
        return "%" if isinstance(node.op, ast.Mod) else "+"
    if isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return {"format": ".format", "join": ".join"}.get(method, "call")
    return {ast.Name: "name", ast.Attribute: "attribute", ast.Subscript: "look-up", ast.IfExp: "conditional"}.get(
        type(node), type(node).__name__
    )


# -- scoring


def sites(checkout: Path, folder: Path) -> list[Site]:
    """The sites of a traced project."""
    found = Found(checkout)
    by_place: dict[tuple[str, int], Site] = {}
    for one in executed(folder):
        frame = one.site
        first, _, call = call_at(checkout / frame.path, frame.line)
        site = by_place.setdefault((frame.path, first), Site(frame.path, frame.line, shape_of(call)))
        if site.texts >= MAX_TEXTS:
            continue
        reached, nearest = levels(one, found)
        site.texts += 1
        site.reached.update(reached)
        if "complete" not in reached:
            site.example, site.nearest = one.sql, nearest
    return list(by_place.values())


def row(name: str, chosen: Sequence[Site]) -> str:
    """A line of a table."""
    shares = [f"{100 * sum(site.has(level) for site in chosen) / len(chosen):.1f}%" for level in LEVELS]
    return f"| {name} | {len(chosen)} | {' | '.join(shares)} |"


def table(rows: Mapping[str, Sequence[Site]], head: str) -> str:
    """Sites and the share that reaches each level."""
    lines = [f"| {head} | sites | located | half | complete |", "|---|--:|--:|--:|--:|"]
    return "\n".join([*lines, *(row(name, chosen) for name, chosen in rows.items() if chosen)])


def report(projects: Mapping[str, Sequence[Site]], misses: int) -> Iterable[str]:
    """Tables per project and per shape, and the sites that are not complete."""
    everything = [site for found in projects.values() for site in found]
    code = {name: [site for site in found if not site.in_tests] for name, found in projects.items()}
    application = [site for found in code.values() for site in found]
    yield table({**projects, "**all**": everything}, "project")
    yield table({**code, "**all**": application}, "project, without its tests")
    shapes: dict[str, list[Site]] = defaultdict(list)
    for site in everything:
        shapes[site.shape].append(site)
    yield table(dict(sorted(shapes.items(), key=lambda item: -len(item[1]))), "shape")
    for name, found in projects.items():
        missed = [site for site in found if not site.has("complete")]
        for site in sorted(missed, key=lambda site: (site.in_tests, site.path, site.line))[:misses]:
            level = "half" if site.has("half") else "located" if site.has("located") else "missed"
            yield f"{name}/{site.path}:{site.line}: {level}, {site.shape}, {site.texts} texts\n" + "\n".join(
                f"    {label}: {' '.join(text.split())[:220]}"
                for label, text in (("ran", site.example), ("found", site.nearest))
            )


def main() -> int:
    """Trace or score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True)
    tracing = commands.add_parser("trace", help="run a project's tests and record what they execute")
    tracing.add_argument("checkout", type=Path)
    tracing.add_argument("--out", type=Path, required=True)
    tracing.add_argument("command", nargs=argparse.REMAINDER)
    scoring = commands.add_parser("score", help="compare what was recorded with what is found")
    scoring.add_argument("projects", nargs="+", metavar="CHECKOUT=DIR")
    scoring.add_argument("--misses", type=int, default=20, help="sites to list for each project")
    options = parser.parse_args()
    if options.what == "trace":
        return trace(options.checkout, options.out, options.command)
    projects = {}
    for entry in options.projects:
        checkout, _, folder = entry.partition("=")
        projects[Path(checkout).name] = sites(Path(checkout).resolve(), Path(folder))
    print("\n\n".join(report(projects, options.misses)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
