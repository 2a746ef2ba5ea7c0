"""The one value that a run returns: what was found, ported, verified and written, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlport.model import Applicability, Effect, Finding, Port, Proof, ServerInfo, Severity, Statement, Verdict

_MANUAL = Applicability.MANUAL

NOTHING_LEFT = 0
"""Exit code: nothing is left to do."""
SOMETHING_LEFT = 1
"""Exit code: findings, rejected statements, or a diff that was not (wholly) applied."""
NOT_DONE = 2
"""Exit code: what was asked for could not be done."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the SQL could be read, counted in sinks (calls that run SQL).

    The first four add up to all sinks: `resolved` has one text without holes, `with_holes` one text with
    holes, `alternatives` several texts, `unresolved` none.
    """

    resolved: int = 0
    with_holes: int = 0
    alternatives: int = 0
    unresolved: int = 0

    @property
    def sinks(self) -> int:
        """All calls that run SQL."""
        return self.resolved + self.with_holes + self.alternatives + self.unresolved

    def plus(self, other: Coverage) -> Coverage:
        """The counts of both."""
        return Coverage(
            self.resolved + other.resolved,
            self.with_holes + other.with_holes,
            self.alternatives + other.alternatives,
            self.unresolved + other.unresolved,
        )

    @property
    def read(self) -> int:
        """The sinks whose SQL was read, with or without holes."""
        return self.sinks - self.unresolved


@dataclass(frozen=True, slots=True)
class Stale:
    """A baseline entry whose finding is gone, so that the entry can go as well."""

    fingerprint: str
    code: str
    path: str
    sql: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a report: `safe`, `unsafe`, `held` and `manual` add up to `findings`.

    `held` counts fixes that exist and were not made, because PostgreSQL did not confirm them or the text could
    not be edited.
    """

    findings: int
    by_effect: Mapping[Effect, int]
    safe: int
    unsafe: int
    held: int
    manual: int
    files: int
    statements: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and did; the return value of `sqlport.check`, `sqlport.fix` and `sqlport.verify`.

    findings: placed in the user's files, in the order of files and lines, suppressed and baselined ones left out
    statements: every SQL statement that was found
    ported: by statement id, the statement as PostgreSQL text
    verdicts: by statement id, what PostgreSQL said of the ported text; empty where nothing was asked
    proofs: by statement id, whether both engines answer the same; empty where nothing was compared
    sources: by path, the text of each file that a finding or a diff is in, as it was read
    diffs: by path, old and new text of each file that a fix changes
    written: the paths of `diffs` whose new text is on disk
    files: the paths that were looked at
    known, stale: findings that the baseline lets pass, and baseline entries without a finding
    pages: by code, the rule's page (Markdown), for formats that carry the documentation of rules
    problems: what could not be done, one message for each; with one of these the exit code is 2
    """

    findings: tuple[Finding, ...] = ()
    statements: tuple[Statement, ...] = ()
    ported: Mapping[str, Port] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    diffs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    coverage: Coverage = Coverage()
    server: ServerInfo | None = None
    known: int = 0
    stale: tuple[Stale, ...] = ()
    pages: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[Finding, ...]:
        """The findings that somebody still has to do something about: those whose fix is not on disk."""
        if not self.written:
            return self.findings
        return tuple(finding for finding in self.findings if not self.is_written(finding))

    @property
    def summary(self) -> Summary:
        """The counts of what is left."""
        left = self.left
        held = [one for one in left if one.fix and one.fix.reason and one.fix.applicability is not _MANUAL]
        can = Counter(applicability_of(finding) for finding in left)
        can.subtract(applicability_of(finding) for finding in held)
        effects = Counter(finding.effect for finding in left)
        return Summary(
            findings=len(left),
            by_effect={effect: effects[effect] for effect in Effect if effects[effect]},
            safe=can[Applicability.SAFE],
            unsafe=can[Applicability.UNSAFE],
            held=len(held),
            manual=can[_MANUAL],
            files=len(self.files),
            statements=len(self.statements),
        )

    @property
    def exit_code(self) -> int:
        """0, 1 or 2 for `check` and `fix`; a finding of severity `info` alone leaves it 0."""
        if self.problems:
            return NOT_DONE
        unapplied = any(path not in self.written for path in self.diffs)
        serious = any(finding.severity is not Severity.INFO for finding in self.left)
        return SOMETHING_LEFT if unapplied or serious else NOTHING_LEFT

    def verdict_exit_code(self, *, strict: bool = False) -> int:
        """0, 1 or 2 for `verify`: 1 when a statement is rejected or, if `strict`, when one is unverified."""
        if self.problems:
            return NOT_DONE
        wanted = {"rejected", "unverified"} if strict else {"rejected"}
        return SOMETHING_LEFT if any(v.kind in wanted for v in self.verdicts.values()) else NOTHING_LEFT

    def proof_exit_code(self, *, strict: bool = False) -> int:
        """0, 1 or 2 for `prove`: 1 when a port differs or is rejected or, if `strict`, when one is unproven."""
        rejected = self.verdict_exit_code()
        differs = any(proof.kind == "differs" for proof in self.proofs.values())
        unproven = strict and any(proof.is_open for proof in self.proofs.values())
        return max(rejected, SOMETHING_LEFT if differs or unproven else NOTHING_LEFT)

    def is_written(self, finding: Finding) -> bool:
        """Whether the fix of `finding` is in the files on disk."""
        if not finding.applied or not self.written:
            return False
        paths = {edit.path for edit in finding.fix.files} if finding.fix else set()
        if not paths and finding.place:
            paths = {finding.place.path}
        return bool(paths) and all(path in self.written for path in paths)

    def with_findings(self, findings: tuple[Finding, ...]) -> Report:
        """The same report about other findings."""
        return replace(self, findings=findings)


def applicability_of(finding: Finding) -> Applicability:
    """Whether the finding can be fixed by `fix`, by `fix --unsafe`, or by hand only."""
    return finding.fix.applicability if finding.fix else Applicability.MANUAL
