"""The Python files of a run together: what one file's helpers pass on to sinks, the calls in all others tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlport.hosts import Extraction, Settings
from sqlport.hosts.python.comments import speaking
from sqlport.hosts.python.dialects import dialect_of_imports, serves_several
from sqlport.hosts.python.extractor import Extractor
from sqlport.hosts.python.helpers import Helper, active_sinks
from sqlport.hosts.python.modules import modules_of
from sqlport.hosts.python.sinks import ANY_CALLABLE, CALLED, Sinks, load
from sqlport.hosts.python.source import check, parse, parse_in_part
from sqlport.model import Finding, SourceFile

MAX_ROUNDS = 5
"""How far helpers that call helpers are followed."""

_SQL = re.compile(
    rb"(?i)[\"'(\n]\s*(?:select\s|insert\s+(?:or\s+\w+\s+)?into\b|replace\s+into\b|update\s+\S+\s+set\b|delete\s+from\b"
    rb"|pragma\s|(?:create|drop|alter)\s+(?:\w+\s+){0,2}(?:table|index|view|trigger)\b|with\s+\w+\s+as\b)"
)
"""Where a text of SQL may begin, in a file that is not yet known to hold any."""
_WORDS = (b"select", b"insert", b"replace", b"update", b"delete", b"pragma", b"create", b"drop", b"alter", b"with")

_DERIVED = re.compile(rb"(?m)^class[ \t]+([A-Za-z_]\w*)[ \t]*\(([^()]*)\)[ \t]*:")
_NAME = re.compile(rb"([A-Za-z_]\w*)[ \t\r\n]*(?:,|$)")


@dataclass(slots=True)
class Project:
    """Files are added one after the other; what is in them is known when all are there."""

    files: dict[str, tuple[SourceFile, Settings]] = field(default_factory=dict)
    found: dict[str, Extraction] = field(default_factory=dict)
    extractors: dict[str, Extractor] = field(default_factory=dict)
    helpers: list[Helper] = field(default_factory=list)
    writing: dict[str, bool] = field(default_factory=dict)
    calling: dict[str, bool] = field(default_factory=dict)

    def add(self, file: SourceFile, settings: Settings) -> None:
        """Look at a file's own sinks; it is parsed, never imported or run. Raises SqlportError for wrong sinks."""
        sinks = load(settings.sinks)
        self.files[file.path] = file, settings
        if _may_hold_sql(file.data, sinks, settings):
            self._extractor(file, settings, in_part=True)

    def _extractor(self, file: SourceFile, settings: Settings, *, in_part: bool = False) -> Extractor | None:
        """What finds the file's SQL; None where it cannot be read, not even `in_part`."""
        known = self.extractors.get(file.path)
        if known is not None:
            return known
        sinks = load(settings.sinks)
        modules = modules_of(settings, sinks)
        source = modules.sources.get(file.path)
        problem: Finding | None = None
        if source is None or source.file.data is not file.data:
            parsed = parse(file)
            if isinstance(parsed, Finding):
                part = parse_in_part(file, parsed) if in_part else None
                if part is None:
                    self.found[file.path] = Extraction(findings=(parsed,))
                    return None
                source, problem = part
            else:
                source = parsed
            modules.sources[file.path] = source
        self.found.pop(file.path, None)
        made = self.extractors[file.path] = Extractor(source, settings, sinks, modules, self.helpers)
        if problem is not None:
            made.findings[0] = problem
        return made

    def finish(self) -> dict[str, Extraction]:
        """What was found, by the file's path."""
        derived = self._derived()
        for known in list(self.extractors.values()):
            known.modules.derived = derived
            known.begin()
        seen = 0
        for _ in range(MAX_ROUNDS):
            current = list(enumerate(self.helpers, 1))[seen:]
            if not current:
                break
            seen = len(self.helpers)
            for path in self._concerned([helper for _, helper in current]):
                extractor = self._extractor(*self.files[path])
                if extractor is not None:
                    extractor.follow(active_sinks(current, load(self.files[path][1].sinks)))
        moved = self.is_moved()
        for path, extractor in self.extractors.items():
            found = extractor.finish()
            self.found[path] = as_postgres(found) if moved and extractor.settings.dialect is None else found
        for path, (file, settings) in self.files.items():
            if path not in self.found:
                self.found[path] = _checked(file, settings)
        for extractor in self.extractors.values():
            extractor.modules.forget()
        return self.found

    def _derived(self) -> dict[str, list[tuple[str, str]]]:
        """By the name of a class, the files and names of the classes that are derived from one of that name."""
        found: dict[str, list[tuple[str, str]]] = {}
        for path, (file, _) in self.files.items():
            for match in _DERIVED.finditer(file.data):
                for base in set(_NAME.findall(match.group(2))):
                    found.setdefault(base.decode(), []).append((path, match.group(1).decode()))
        return found

    def is_moved(self) -> bool:
        """Whether a library of PostgreSQL is imported somewhere, and nowhere one of another engine or of several."""
        imports = {name for extractor in self.extractors.values() for name in extractor.index.imports}
        return dialect_of_imports(imports) == "postgres" and not serves_several(imports)

    def _concerned(self, helpers: Sequence[Helper]) -> list[str]:
        """The files that may call one of the helpers, with a text or with what is a part of one."""
        names = {name for helper in helpers for name in helper.names}
        anything = ANY_CALLABLE in names
        words = [re.escape(name).encode() for name in sorted(names - {ANY_CALLABLE})]
        pattern = (
            re.compile(rb"\b(?:" + b"|".join(words) + rb")(?:\s*\(|\s+as\s|\s*$)", re.MULTILINE) if words else None
        )
        homes = {helper.home for helper in helpers if any(not inner.whole for inner in helper.inner)}
        known = b"|".join(re.escape(home).encode() for home in sorted(homes))
        imports = re.compile(rb"^\s*(?:from|import)\b[^\n]*\b(?:" + known + rb")\b", re.MULTILINE) if homes else None
        return [
            path
            for path, (file, _) in self.files.items()
            if path not in self.found  # it cannot be read
            and (path in self.extractors or self._writes_sql(path) or (imports and imports.search(file.data)))
            and ((anything and self._calls_object(path)) or (pattern is not None and pattern.search(file.data)))
        ]

    def _writes_sql(self, path: str) -> bool:
        """Whether a text in the file begins like SQL; asked in each round, looked at once."""
        known = self.writing.get(path)
        if known is None:
            data = self.files[path][0].data
            lowered = data.lower()
            known = any(word in lowered for word in _WORDS) and _SQL.search(data) is not None
            self.writing[path] = known
        return known

    def _calls_object(self, path: str) -> bool:
        """Whether an object that may run SQL is called itself in the file; looked at once, too."""
        known = self.calling.get(path)
        if known is None:
            known = self.calling[path] = CALLED.search(self.files[path][0].data) is not None
        return known


def extract(file: SourceFile, settings: Settings) -> Extraction:
    """The SQL statements of one Python file, what could not be resolved, and its suppressions.

    The file is parsed, never imported or run. Raises SqlportError only for wrong sinks.
    """
    project = Project()
    project.add(file, settings)
    return project.finish()[file.path]


def as_postgres(found: Extraction) -> Extraction:
    """What no library and no text gives away is written for the engine of all the others."""
    statements = [replace(one, dialect="postgres") if one.dialect == "unknown" else one for one in found.statements]
    return replace(found, statements=tuple(statements))


def _checked(file: SourceFile, settings: Settings) -> Extraction:
    """Nothing but whether the file is valid; one that another file imports was read already."""
    read = modules_of(settings, load(settings.sinks)).sources.get(file.path)
    problem = check(file) if read is None or read.file.data is not file.data else None
    return Extraction(findings=(problem,) if problem is not None else ())


def _may_hold_sql(data: bytes, sinks: Sinks, settings: Settings) -> bool:
    if any(need in data for need in sinks.needs):
        return True
    lowered = data.lower()
    if b"sqlport" not in lowered and not any(_word(marker) in lowered for marker in settings.markers):
        return False
    return speaking(settings.markers).search(data.decode("latin-1")) is not None


def _word(marker: str) -> bytes:
    """The part of a marker that is found however it is spaced."""
    return marker.lower().replace(":", " ").replace("=", " ").split()[0].encode()
