"""What the user has decided: `[tool.sqlport]` and the command line as one frozen value."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlport.model import DEFAULT_SEVERITY, Dialect, Driver, Effect, Profile, Severity, SqlportError, Target
from sqlport.notices import NAMES

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_CODE = re.compile(r"[A-Z]{1,3}|[A-Z]{3}\d{1,3}")


@dataclass(frozen=True, slots=True)
class Prove:
    """How `prove` compares: the number of universes of rows, and the seed of the first."""

    runs: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run; the attributes are the keys of `[tool.sqlport]` with `_` for `-`.

    `root` is the folder that globs and baseline paths are relative to; `file` where the settings were read,
    None without one. `origins` names, for each attribute that is not the default, where it came from.
    Paths are absolute.
    """

    root: Path = field(default_factory=Path.cwd)
    file: Path | None = None
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    baseline: Path | None = None
    sinks: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    dialect: Mapping[str, Dialect] = field(default_factory=dict)
    schema: tuple[Path, ...] = ()
    sqlite: Path | None = None
    profile: Profile = "faithful"
    types: Mapping[str, str] = field(default_factory=dict)
    driver: Driver | None = None
    postgres: str = "auto"
    postgres_version: int | None = None
    locale: str = ""
    helpers: bool = False
    rules: tuple[Path, ...] = ()
    prove: Prove = Prove()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """What the code is ported to."""
        return Target(
            profile=self.profile,
            types=self.types,
            driver=self.driver or "psycopg",
            postgres_version=self.postgres_version,
            locale=self.locale,
            helpers=self.helpers,
        )

    def relative(self, path: str | Path) -> str:
        """`path` (relative to the working directory) as globs and baselines see it: below `root`, with `/`."""
        return _below(self.root, Path.cwd(), str(path))

    def selects(self, code: str, name: str, path: str = "") -> bool:
        """Whether findings of this rule are wanted (in the file `path`, relative to the working directory).

        The most specific of `select` and `ignore` decides, `ignore` where they are equal; `per-file-ignores`
        only takes away. A finding without a rule (`SQP...`) is wanted unless it is ignored.
        """
        if not _selected(self.select, self.ignore, code, name):
            return False
        if not path or not self.per_file_ignores:
            return True
        below = self.relative(path)
        return not any(
            _weight(selectors, code, name) >= 0 and _matches(glob, below)
            for glob, selectors in self.per_file_ignores.items()
        )

    def severity_of(self, code: str, name: str, effect: Effect) -> Severity:
        """How loud a finding is: the most specific key of `severity` (selector or effect), else by effect."""
        found, weight = DEFAULT_SEVERITY[effect], -1
        for key, severity in self.severity.items():
            of_key = 0 if key == effect.value else _weight((key,), code, name)
            if of_key > weight:
                found, weight = severity, of_key
        return found

    def dialect_of(self, path: str) -> Dialect | None:
        """The dialect that `dialect` gives the file `path` (the last glob that matches), None when none does."""
        below = self.relative(path)
        found: Dialect | None = None
        for glob, dialect in self.dialect.items():
            if _matches(glob, below):
                found = dialect
        return found

    def override(self, origin: str = "command line", **values: Any) -> Config:
        """The same settings with those of `values` that are not None, said to come from `origin`.

        A new `select` also drops the `ignore` that was there; a new `ignore` adds to it.
        """
        given = {key: value for key, value in values.items() if value is not None}
        ignore = given.pop("ignore", ())
        if "select" in given:
            given["ignore"] = tuple(ignore)
        elif ignore:
            given["ignore"] = (*self.ignore, *ignore)
        return replace(self, **given, origins={**self.origins, **dict.fromkeys(given, origin)})

    def check_selectors(self, rules: Iterable[tuple[str, str]]) -> None:
        """Raises SqlportError for a selector that matches none of `rules` (code and name) and no SQP code."""
        known = {*NAMES.items(), *rules}
        used: list[tuple[str, str]] = [(key, s) for key in ("select", "ignore") for s in getattr(self, key)]
        used += [("per-file-ignores", s) for selectors in self.per_file_ignores.values() for s in selectors]
        used += [("severity", s) for s in self.severity if s not in [effect.value for effect in Effect]]
        words = sorted({word for pair in known for word in pair} | {code[:3] for code, _ in known} | {"ALL"})
        for key, selector in used:
            if all(_weight((selector,), code, name) < 0 for code, name in known):
                where = self.origins.get(key.replace("-", "_"), "select")
                raise SqlportError(
                    f"{where}: {key}: no rule is called {selector!r}{suggestion(selector, words)}; "
                    "`sqlport rule --all` lists them"
                )


def suggestion(word: str, known: Iterable[str]) -> str:
    """`, did you mean ...?` for the nearest known word, else nothing."""
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f", did you mean {folded[near[0]]!r}?" if near else ""


def is_selector(text: str) -> bool:
    """Whether `text` has the form of a code (`UPS001`), a family prefix (`UPS`), a name or `ALL`."""
    return bool(_CODE.fullmatch(text) or _NAME.fullmatch(text))


def matches(selector: str, code: str, name: str) -> bool:
    """Whether the code, name, family prefix or `ALL` in `selector` covers the rule."""
    return _weight((selector,), code, name) >= 0


@lru_cache(maxsize=4096)  # asked once for every rule and statement
def _selected(select: tuple[str, ...], ignore: tuple[str, ...], code: str, name: str) -> bool:
    selected = 0 if code in NAMES else _weight(select, code, name)
    return selected >= 0 and _weight(ignore, code, name) < selected


def _weight(selectors: Sequence[str], code: str, name: str) -> int:
    """How specific the most specific selector is that covers the rule; -1 when none does."""
    best = -1
    for selector in selectors:
        if selector == "ALL":
            best = max(best, 0)
        elif selector in (code, name):
            best = max(best, 6)
        elif code.startswith(selector):
            best = max(best, len(selector))
    return best


@lru_cache(maxsize=4096)
def _below(root: Path, folder: Path, path: str) -> str:
    absolute = Path(os.path.abspath(folder / path))  # noqa: PTH100 - resolve() would follow symlinks
    try:
        return absolute.relative_to(root).as_posix()
    except ValueError:
        return absolute.as_posix()


@lru_cache(maxsize=4096)
def _matches(glob: str, below: str) -> bool:
    return _spec(glob).match_file(below)


@lru_cache(maxsize=256)
def _spec(glob: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([glob])
