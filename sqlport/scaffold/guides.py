"""The guides of one code base: how it moves to PostgreSQL, how it is configured, what its errors mean.

They are written from the findings, the rule pages and the settings, so that a guide names only what is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from sqlport.config import Config
from sqlport.model import Applicability, Effect, Finding
from sqlport.notices import NOTICES
from sqlport.results import Report, applicability_of

if TYPE_CHECKING:
    from sqlport.rulebook import Rulebook

FOLDER = Path("docs/postgres")
UNREAD = "SQP001"
SHOWN = 5
"""Places that are listed for one rule."""

_MANUAL = Applicability.MANUAL
_HOW = {
    Applicability.SAFE: "`sqlport fix`",
    Applicability.UNSAFE: "`sqlport fix --unsafe`",
    Applicability.MANUAL: "by hand",
}
_EFFECTS = {
    Effect.REJECTED: "rejected",
    Effect.DIFFERS: "another answer",
    Effect.SLOWER: "slower",
    Effect.STYLE: "style",
}


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guides are about: the project's folder, its connection module, what `check` found, the settings."""

    root: Path
    module: str
    report: Report
    config: Config

    @property
    def name(self) -> str:
        """The project's, which is that of its folder."""
        return self.root.resolve().name


def pages(guide: Guide) -> Iterator[tuple[Path, str]]:
    """The three guides, by absolute path."""
    from sqlport.rulebook import load

    book = load(guide.config.rules)
    folder = guide.root / FOLDER
    yield folder / "migration.md", _migration(guide)
    yield folder / "configuration.md", _configuration(guide)
    yield folder / "troubleshooting.md", _troubleshooting(guide, book)


def template(name: str) -> str:
    """A file of `templates/`."""
    return (resources.files("sqlport.scaffold") / "templates" / name).read_text(encoding="utf-8")


def _filled(page: str, /, **values: str) -> str:
    return Template(template(page)).substitute(values)


def _migration(guide: Guide) -> str:
    report, config = guide.report, guide.config
    source = config.sqlite or next(iter(config.schema), None)
    return _filled(
        "migration.md",
        name=guide.name,
        statements=_count(len(report.statements), "statement"),
        files=_count(len(report.files), "file"),
        findings=_count(len(report.findings), "finding"),
        source=config.relative(source) if source else ".",
        overview="\n".join(_overview(report)),
        by_hand="".join((*_by_hand(report), *_unread(report))),
        hook=template("pre-commit-config.yaml").rstrip(),
    )


def _overview(report: Report) -> Iterator[str]:
    groups = _by_rule(report.findings)
    if not groups:
        yield "Nothing that sqlport knows of."
        return
    yield "| rule | what PostgreSQL does | places | ported by |"
    yield "|---|---|--:|---|"
    for (code, name), findings in groups:
        how = dict.fromkeys(_HOW[applicability_of(finding)] for finding in findings)
        yield f"| {code} {name} | {_EFFECTS[findings[0].effect]} | {len(findings)} | {', '.join(how)} |"


def _by_rule(findings: Sequence[Finding]) -> list[tuple[tuple[str, str], list[Finding]]]:
    """By code and name, what PostgreSQL rejects first, then the most frequent."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.code, finding.name].append(finding)
    order = list(Effect)
    return sorted(groups.items(), key=lambda group: (order.index(group[1][0].effect), -len(group[1]), group[0]))


def _by_hand(report: Report) -> Iterator[str]:
    manual = [one for one in report.findings if applicability_of(one) is _MANUAL and one.code != UNREAD]
    if not manual:
        return
    yield "## By hand\n\n"
    for (code, name), findings in _by_rule(manual):
        yield f"- {code} {name}: {findings[0].message}\n"
        yield from (f"  - {place}\n" for place in _places(findings))
    yield "\n"


def _unread(report: Report) -> Iterator[str]:
    unread = [finding for finding in report.findings if finding.code == UNREAD]
    if not unread:
        return
    yield "## SQL that could not be read\n\nLook at these calls yourself; sqlport knows nothing of what they run.\n\n"
    yield from (f"- {_places([finding])[0]}: {finding.message}\n" for finding in unread)
    yield "\n"


def _places(findings: Sequence[Finding]) -> list[str]:
    places = [f"`{one.place.path}:{one.place.line}`" for one in findings if one.place]
    more = [f"and {len(places) - SHOWN} more"] if len(places) > SHOWN else []
    return [*places[:SHOWN], *more]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _configuration(guide: Guide) -> str:
    config = guide.config
    rows = [
        f"| `{key.replace('_', '-')}` | `{getattr(config, key)}` | {origin} |"
        for key, origin in sorted(config.origins.items())
    ]
    table = "\n".join(("| `[tool.sqlport]` | value | from |", "|---|---|---|", *rows))
    settings = table if rows else "All settings of sqlport are the defaults."
    return _filled("configuration.md", name=guide.name, module=guide.module, settings=settings)


def _troubleshooting(guide: Guide, book: Rulebook) -> str:
    sections = []
    for (code, name), findings in _by_rule(guide.report.findings):
        rule = book.find(code)
        why = _section(rule.page, "Why") if rule else NOTICES[code].text
        example = f"For example {_places(findings)[0]}. {_remedy(findings)}"
        sections.append(f"### {name} ({code})\n\n{why}\n\n{example}\n")
    rules = "\n".join(sections) or "It found nothing.\n"
    return _filled("troubleshooting.md", name=guide.name, rules=rules.rstrip())


def _remedy(findings: Sequence[Finding]) -> str:
    ways = dict.fromkeys(_HOW[applicability_of(one)] for one in findings if applicability_of(one) is not _MANUAL)
    return f"Ported by {' and '.join(ways)}." if ways else f"{findings[0].message}."


def _section(page: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""
