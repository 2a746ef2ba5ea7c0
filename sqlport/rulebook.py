"""The rule book: `rules/**/*.md` read into values. A rule is one page that is docs, help text and test at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlport.model import Applicability, Effect, Profile, SqlportError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from sqlport.fixers import Context, Proposal
    from sqlport.sql.match import Pattern

SECTIONS = ("What it does", "Why", "Example", "Fix safety", "Cases")
# The order in which rules of a statement get the word when two want the same text.
FAMILIES = """IDN LIT PRM JSN DTF FNC AGG TYP NUM OPR PAT COL BOO SEL JOI CTE ORD ROW UPS DML DDL IDX TRG VTB CAT
    PRG TXN DRV""".split()
_KEYS = frozenset(
    "code name effect fix since sources message condition match rewrite patterns impl codemod needs".split()
)
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Case:
    """A fenced case of a page: SQL that is `ok`, or `bad` and (unless `manual`) what it is `fixed` to.

    `schema` is the SQLite script that builds its tables and rows; `unsafe` that the fix has to be asked for;
    `params` the parameters, when it has any; `line` where it stands on the page; `profile` and `locale` what it is
    ported to. On the page of a codemod the cases
    are Python.
    """

    title: str
    bad: str
    fixed: str | None
    schema: str
    unsafe: bool
    params: tuple[Any, ...]
    line: int
    profile: Profile = "faithful"
    locale: str = "C"

    @property
    def ok(self) -> bool:
        """Whether nothing may be found in it."""
        return self.fixed == self.bad


@dataclass(frozen=True)
class Rule:
    """One rule: `patterns` (match and rewrite), `impl`, a module of `sqlport.fixers`, or `codemod`, one of
    `sqlport.driver.codemods`, which looks at the calls and not at the SQL.
    """

    code: str
    name: str
    effect: Effect
    fix: Applicability
    message: str
    condition: str
    since: str
    sources: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]
    impl: str
    needs: tuple[str, ...]
    page: str = field(repr=False)
    path: Path
    codemod: str = ""

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The fenced cases of the page; raises SqlportError where one is written wrongly."""
        language = "python" if self.codemod else "sql"
        return tuple(_cases(self.path, self.path.read_text(encoding="utf-8"), language))

    @cached_property
    def compiled(self) -> tuple[tuple[Pattern, str], ...]:
        """The patterns, read."""
        from sqlport.sql.match import compile_pattern

        return tuple((compile_pattern(match), rewrite) for match, rewrite in self.patterns)

    @cached_property
    def _finder(self) -> Callable[[Context], Iterator[Proposal]]:
        module = import_module(f"sqlport.fixers.{self.impl}")
        return cast("Callable[[Context], Iterator[Proposal]]", module.find)

    def find(self, context: Context) -> Iterator[Proposal]:
        """Every place of the statement where the rule holds."""
        if self.codemod:
            return iter(())
        return self._finder(context) if self.impl else self._matched(context)

    def _matched(self, context: Context) -> Iterator[Proposal]:
        from sqlport.fixers import Proposal
        from sqlport.sql.match import fill

        for pattern, template in self.compiled:
            for match in pattern.find(context.parsed):
                rewrites = (fill(template, match, context.parsed),) if template else ()
                yield Proposal(context.parsed.span(match.node), rewrites)


@dataclass(frozen=True)
class Rulebook:
    """All rules, in the order in which they get the word."""

    rules: tuple[Rule, ...]

    @cached_property
    def _index(self) -> dict[str, Rule]:
        return {key: rule for rule in self.rules for key in (rule.code, rule.name)}

    def find(self, code_or_name: str) -> Rule | None:
        """The rule of that code (any case) or name."""
        return self._index.get(code_or_name) or self._index.get(code_or_name.upper())


def bundled() -> Path:
    """The folder of the rules that come with sqlport: in the wheel, or beside the package in a checkout."""
    inside = Path(__file__).parent / "_rules"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "rules"


def load(folders: Sequence[Path] = ()) -> Rulebook:
    """The bundled rules and those of the user's folders. Raises SqlportError naming the page that is wrong."""
    rules: dict[str, Rule] = {}
    for folder in (bundled(), *folders):
        if not folder.is_dir():
            raise SqlportError(f"{folder}: no folder of rules there; correct `rules` in [tool.sqlport]")
        for path in sorted(folder.rglob("*.md")):
            if path.name == "README.md":
                continue
            rule = read_rule(path)
            other = rules.get(rule.code) or next((r for r in rules.values() if r.name == rule.name), None)
            if other is not None:
                raise SqlportError(f"{path}: {rule.code} {rule.name} is taken by {other.path}; give it its own")
            rules[rule.code] = rule
    return Rulebook(tuple(sorted(rules.values(), key=_precedence)))


def _precedence(rule: Rule) -> tuple[int, str]:
    family = rule.code[:3]
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), rule.code


def read_rule(path: Path) -> Rule:
    """One page. Raises SqlportError with what is wrong and where."""
    text = path.read_text(encoding="utf-8")
    parts = re.match(r"\+\+\+\n(.*?)^\+\+\+\n", text, re.DOTALL | re.MULTILINE)
    if parts is None:
        raise SqlportError(f"{path}:1: a rule begins with TOML between two lines `+++`")
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise SqlportError(f"{path}: the front matter is no TOML: {error}") from error
    page = text[parts.end() :].lstrip("\n")
    _check_head(path, head)
    _check_sections(path, page)
    patterns = [(head["match"], head.get("rewrite", ""))] if "match" in head else []
    patterns += [(item["match"], item.get("rewrite", "")) for item in head.get("patterns", ())]
    rule = Rule(
        code=head["code"],
        name=head["name"],
        effect=Effect(head["effect"]),
        fix=Applicability(head["fix"]),
        message=head["message"],
        condition=head.get("condition", ""),
        since=head["since"],
        sources=tuple(head["sources"]),
        patterns=tuple(patterns),
        impl=head.get("impl", ""),
        needs=tuple(head.get("needs", ())),
        page=page,
        path=path,
        codemod=head.get("codemod", ""),
    )
    if [bool(rule.patterns), bool(rule.impl), bool(rule.codemod)].count(True) != 1:
        raise SqlportError(f"{path}: a rule has either `match` (or `[[patterns]]`), or `impl`, or `codemod`")
    return rule


def _check_head(path: Path, head: dict[str, Any]) -> None:
    unknown = sorted(set(head) - _KEYS)
    if unknown:
        raise SqlportError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    for key in ("code", "name", "effect", "fix", "since", "sources", "message"):
        if not head.get(key):
            raise SqlportError(f"{path}: the key {key!r} is missing")
    if not _CODE.fullmatch(head["code"]):
        raise SqlportError(f"{path}: {head['code']!r} is no code; it is three letters and three digits (UPS001)")
    for key, values in (("effect", Effect), ("fix", Applicability)):
        if head[key] not in [value.value for value in values]:
            raise SqlportError(f"{path}: {key} {head[key]!r} is none of {', '.join(v.value for v in values)}")
    for key, folder in (("impl", "fixers"), ("codemod", "driver/codemods")):
        name = head.get(key, "")
        if name and not (Path(__file__).parent / folder / f"{name}.py").is_file():
            raise SqlportError(f"{path}: {key} {name!r} is no module of sqlport.{folder.replace('/', '.')}")


def _check_sections(path: Path, page: str) -> None:
    found = re.findall(r"^## (.+?)\s*$", page, re.MULTILINE)
    if tuple(found) != SECTIONS:
        raise SqlportError(f"{path}: the sections are {', '.join(SECTIONS)}, in this order; found {', '.join(found)}")


def _cases(path: Path, text: str, language: str = "sql") -> Iterator[Case]:
    """The fenced cases behind `## Cases`; a `sql schema` block serves all that follow until the next one."""
    start = text.index("\n## Cases")
    schema = ""
    bad: tuple[str, tuple[str, ...], int] | None = None
    title = ""
    for fence in _FENCE.finditer(text, start):
        words = tuple(fence["info"].split())
        body = fence["body"].strip("\n")
        line = text.count("\n", 0, fence.start()) + 1
        heading = re.findall(r"^### (.+)$", text[start : fence.start()], re.MULTILINE)
        title = heading[-1] if heading else ""
        if words[:1] != (language,) or len(words) < 2 or words[1] not in ("ok", "bad", "fixed", "schema"):
            raise SqlportError(f"{path}:{line}: a case is `{language}` with `ok`, `bad`, `fixed` or `schema`")
        if bad is not None and words[1] != "fixed":
            yield _bad(bad, title, schema, None)
            bad = None
        if words[1] == "schema":
            schema = body
        elif words[1] == "ok":
            yield Case(title, body, body, schema, False, _params(path, line, words), line, *_target(words))
        elif words[1] == "bad":
            bad = (body, words, line)
            _params(path, line, words)
        elif bad is None:
            raise SqlportError(f"{path}:{line}: `sql fixed` follows a `sql bad`")
        else:
            yield _bad(bad, title, schema, body)
            bad = None
    if bad is not None:
        yield _bad(bad, title, schema, None)


def _bad(bad: tuple[str, tuple[str, ...], int], title: str, schema: str, fixed: str | None) -> Case:
    body, words, line = bad
    params = _params(Path(), line, words)
    return Case(title, body, fixed, schema, "unsafe" in words, params, line, *_target(words))


def _target(words: Sequence[str]) -> tuple[Profile, str]:
    """The profile and the locale that a case is about."""
    locales = [word.removeprefix("locale=") for word in words if word.startswith("locale=")]
    return "native" if "profile=native" in words else "faithful", locales[0] if locales else "C"


def _params(path: Path, line: int, words: Sequence[str]) -> tuple[Any, ...]:
    import json

    for word in words:
        if word.startswith("params="):
            try:
                return tuple(json.loads(word.removeprefix("params=")))
            except (ValueError, TypeError) as error:
                raise SqlportError(f"{path}:{line}: params is a JSON list without spaces: {error}") from error
    return ()
