"""Which findings a comment takes out, and which comments take out nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlport.config import matches, suggestion
from sqlport.model import Effect, Finding, Place, Severity, Span, Statement
from sqlport.notices import NAMES

if TYPE_CHECKING:
    from sqlport.hosts import Suppression

UNUSED = "SQP005"


def apply(
    findings: Sequence[Finding],
    suppressions: Sequence[Suppression],
    statements: Iterable[Statement] = (),
    *,
    rules: Mapping[str, str] | None = None,
    selects: Callable[[str, str], bool] = lambda code, name: True,
) -> tuple[Finding, ...]:
    """The findings that no comment takes out, then an SQP005 for each code that took out nothing.

    `statements` tell where the sink of a finding is, since a comment at the call counts as well. `rules`
    gives code → name of all rules, for the message about a code that does not exist; a code whose rules
    are not all selected by `selects(code, name)` may be unused without being reported.
    """
    by_id = {statement.id: statement for statement in statements}
    near = _Nearby(suppressions)
    used: set[tuple[int, str]] = set()
    kept = []
    for finding in findings:
        hits = near.hits(finding, by_id.get(finding.statement_id))
        used.update(hits)
        if not hits:
            kept.append(finding)
    known = {**NAMES, **(rules or {})}
    unused = [
        _unused(suppression, code, known if rules is not None else None)
        for number, suppression in enumerate(suppressions)
        for code in suppression.codes
        if (number, code) not in used and _was_looked_for(code, known, selects)
    ]
    return (*kept, *unused)


class _Nearby:
    """The suppressions by the files that they are in, so that a big project takes no quadratic time."""

    def __init__(self, suppressions: Sequence[Suppression]) -> None:
        self._by_path: dict[str, list[tuple[int, Suppression]]] = {}
        for number, suppression in enumerate(suppressions):
            self._by_path.setdefault(suppression.path, []).append((number, suppression))

    def hits(self, finding: Finding, statement: Statement | None) -> set[tuple[int, str]]:
        """The suppressions, by number and code, that take the finding out; all of them count as used."""
        paths = {finding.place.path} if finding.place else set()
        if statement is not None:
            paths |= {statement.path, statement.sink_path}
        return {
            (number, code)
            for path in paths
            for number, suppression in self._by_path.get(path, ())
            if _covers(suppression, finding, statement)
            for code in suppression.codes
            if matches(code, finding.code, finding.name)
        }


def _covers(suppression: Suppression, finding: Finding, statement: Statement | None) -> bool:
    if suppression.scope == "sql":
        return bool(finding.statement_id) and finding.statement_id in suppression.statement_ids
    place = finding.place
    here = place is not None and place.path == suppression.path
    if suppression.scope == "file":
        return here
    first, last = suppression.first_line, suppression.last_line
    if place is not None and here and place.line <= last and place.end_line >= first:
        return True
    if statement is None or statement.sink_path != suppression.path:
        return False
    return first <= statement.sink_line <= last


def _was_looked_for(code: str, known: Mapping[str, str], selects: Callable[[str, str], bool]) -> bool:
    """Whether all that `code` covers was selected, so that it would have been found; unknown codes were."""
    return all(selects(rule, name) for rule, name in known.items() if matches(code, rule, name))


def _unused(suppression: Suppression, code: str, known: Mapping[str, str] | None) -> Finding:
    why = f"nothing here is {code}, so the comment takes out nothing; remove {code} from it"
    if known is not None and not any(matches(code, rule, name) for rule, name in known.items()):
        words = [word for pair in known.items() for word in pair]
        why = f"no rule is called {code!r}{suggestion(code, words)}, so the comment takes out nothing; correct it"
    line, column = suppression.line, suppression.column
    return Finding(
        code=UNUSED,
        name=NAMES[UNUSED],
        effect=Effect.STYLE,
        severity=Severity.WARNING,
        message=why,
        span=Span(0, 0),
        place=Place(suppression.path, line, column, line, column + 1),
    )
