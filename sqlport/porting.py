"""One statement from SQLite to PostgreSQL: rules look, their proposals become one set of edits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.model import (
    DEFAULT_SEVERITY,
    Applicability,
    Arguments,
    Edit,
    Effect,
    Finding,
    Fix,
    Hole,
    HoleKind,
    Severity,
    Span,
    StatementPort,
    Target,
)
from sqlport.script import NOTHING, Part

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.fixers import Context, Proposal
    from sqlport.rulebook import Rule, Rulebook
    from sqlport.sql import Parsed, Rewrite

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
SPELLING = frozenset(["PRM001", "PRM003"])
"""The rules that only spell placeholders as the call takes them."""
_STRINGS = frozenset(["IDN001"])
_LAST = SPELLING | {"ROW002"}
_ROUNDS = 8  # rewrites that wanted the same text get their turn in the next round; the last finds nothing


@dataclass(frozen=True, slots=True)
class Request:
    """How a statement is to be ported: what it is ported to, by which rules, and which fixes may be made.

    Rules in `muted` still report what they find, but nothing is changed for them. `before` and `after` are the
    other statements of the same script, in order; `is_script` tells that those are all. `returning` is the column
    that an INSERT has to return since its call reads it. `converts` tells that sqlite3 makes dates and times of
    columns by their declared type (`detect_types`). `alike` asks for what fits all statements that share a text, so
    that nothing is concluded from conditions which the others may not have. Foreign keys to the tables `deferred` are
    left out, since they are among the statements that another one has `behind` it.
    """

    target: Target
    catalog: Catalog
    rulebook: Rulebook
    selected: Callable[[Rule], bool]
    unsafe: bool = False
    speaks_target: bool = False
    passes_parameters: bool = False
    muted: frozenset[str] = frozenset()
    arguments: Arguments = Arguments()
    before: Part = NOTHING
    after: Part = NOTHING
    is_script: bool = False
    returning: str = ""
    converts: bool = False
    alike: bool = False
    deferred: frozenset[str] = frozenset()
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    rule: Rule
    proposal: Proposal
    applicability: Applicability


def port_statement(sql: str, holes: Sequence[Hole], request: Request) -> StatementPort:
    """Port one SQLite statement. Invalid SQL is a finding (SQP002) and the text stays as it is."""
    from sqlport.sql import apply, read
    from sqlport.sql.edits import compose

    edits: tuple[Edit, ...] = ()
    findings: dict[tuple[str, Span], Finding] = {}
    text, current = sql, tuple(holes)
    latest: list[Finding] = []
    for turn in range(_ROUNDS):
        parsed = read(text, current)
        if turn == 0:
            spelling = _spelling(parsed, request)
            spelled = tuple(placeholder.key for placeholder in parsed.placeholders)
            if parsed.problem is not None:
                return replace(untouched(sql, holes, _invalid(parsed)), spelling=spelling, spelled=spelled)
        made, found = _first_round(parsed, request) if turn == 0 else _round(parsed, request)
        latest = list(_carried(found, sql, edits) if turn else found)
        for finding in latest:
            earlier = findings.get((finding.code, finding.span))
            if earlier is None or not earlier.applied:
                findings[finding.code, finding.span] = finding
        step = _flat(parsed, made)
        if not step:
            break
        edits = compose(sql, edits, step)
        text, current = apply(text, step), _moved_holes(current, step)
    else:
        parsed = read(text, current)
    standing = list(findings.values())
    if parsed.problem is None:
        standing = [finding for finding in standing if not _is_settled(finding, latest, edits)]
    return replace(_finished(sql, parsed, edits, standing, request), spelling=spelling, spelled=spelled)


def _is_settled(finding: Finding, latest: Sequence[Finding], edits: Sequence[Edit]) -> bool:
    """Whether what was to be fixed is gone, since the fix of another rule took its text."""
    if (
        finding.applied
        or finding.fix is None
        or any(other.code == finding.code and other.span.touches(finding.span) for other in latest)
    ):
        return False
    return any(edit.span.overlaps(finding.span) for edit in edits)


def untouched(sql: str, holes: Sequence[Hole], *findings: Finding) -> StatementPort:
    """A statement that is left as it is: one that cannot be read, or that is PostgreSQL's already."""
    return StatementPort(findings, (), sql, sql, (), (), tuple(holes), left="manual" if findings else "")


def _first_round(
    parsed: Parsed, request: Request
) -> tuple[list[tuple[_Candidate, tuple[Rewrite, ...]]], list[Finding]]:
    """Strings in double quotes alone, where there are some: every other rule has to see that they are strings."""
    if any(token.kind == "IDENTIFIER" and token.text.startswith('"') for token in parsed.tokens):
        strings = replace(request, selected=lambda rule: rule.code in _STRINGS and request.selected(rule))
        made, found = _round(parsed, strings)
        if made:
            return made, found
    return _round(parsed, request)


def _round(
    parsed: Parsed, request: Request, *, last: bool = False
) -> tuple[list[tuple[_Candidate, tuple[Rewrite, ...]]], list[Finding]]:
    """What is made now, and all findings; a fix whose text another one takes waits for the next round."""
    from sqlport.sql import compatible

    taken: list[Rewrite] = []
    made: list[tuple[_Candidate, tuple[Rewrite, ...]]] = []
    findings: list[Finding] = []
    for candidate in _candidates(parsed, request, last=last):
        rewrites = candidate.proposal.rewrites
        wanted = bool(rewrites) and _may(candidate, request)
        fits = wanted and compatible(rewrites, taken)
        if fits:
            taken.extend(rewrites)
            made.append((candidate, rewrites))
        findings.append(_finding(parsed, candidate, applied=fits))
    return made, findings


def _may(candidate: _Candidate, request: Request) -> bool:
    if candidate.rule.code in request.muted:
        return False
    if candidate.applicability is Applicability.UNSAFE:
        return request.unsafe
    return candidate.applicability is Applicability.SAFE


def _candidates(parsed: Parsed, request: Request, *, last: bool) -> Iterable[_Candidate]:
    from sqlport.fixers import Context
    from sqlport.semantics import Semantics
    from sqlport.sql import UnlocatedError

    if parsed.problem is not None:
        return
    context = Context(
        parsed,
        request.catalog,
        Semantics(parsed, request.catalog, request.target),
        request.target,
        request.speaks_target,
        request.passes_parameters,
        request.arguments,
        request.before,
        request.after,
        partial(_port_inner, request),
        request.is_script,
        request.converts,
        request.alike,
        request.deferred,
    )
    for rule in request.rulebook.rules:
        if (rule.code in _LAST) is last and request.selected(rule):
            for proposal in _distinct(rule, context, UnlocatedError):
                yield _Candidate(rule, proposal, _applicability(parsed, rule, proposal))


def _port_inner(request: Request, sql: str, catalog: Catalog) -> StatementPort:
    """The port of a statement inside another one, which has no parameters and no script of its own."""
    inner = replace(
        request,
        catalog=catalog,
        unsafe=True,
        speaks_target=False,
        passes_parameters=False,
        arguments=Arguments(),
        before=NOTHING,
        after=NOTHING,
    )
    return port_statement(sql, (), inner)


def _distinct(rule: Rule, context: Context, unlocated: type[Exception]) -> Iterable[Proposal]:
    """The rule's proposals, the first one for each place, in the statement's own style.

    Where the rule meets a part of the statement whose place cannot be told (`unlocated`), the statement as a whole is
    one.
    """
    first: dict[Span, Proposal] = {}
    try:
        for proposal in rule.find(context):
            first.setdefault(proposal.span, proposal)
    except unlocated as error:
        from sqlport.fixers import Proposal as Proposed

        message = (
            f"a part of this statement ({error}) is written so that it cannot be judged: if it is this, {rule.message}"
        )
        span = Span(0, len(context.parsed.text))
        first.setdefault(span, Proposed(span, message=message))
    if not first:
        return ()
    from sqlport.sql.style import styled

    return [replace(proposal, rewrites=styled(context.parsed, proposal.rewrites)) for proposal in first.values()]


def _applicability(parsed: Parsed, rule: Rule, proposal: Proposal) -> Applicability:
    """The proposal's own or the rule's, one step down where a hole touches an edit, manual where one lies in it."""
    if not proposal.rewrites:
        return Applicability.MANUAL
    chosen = proposal.applicability or rule.fix
    if rule.code not in _LAST and not _keeps_parameters(parsed, proposal.rewrites):
        return Applicability.MANUAL
    if not parsed.holes:
        return chosen
    from sqlport.sql import flatten
    from sqlport.sql.tokens import HOLE_LETTER

    for edit in flatten(parsed.text, proposal.rewrites):
        for hole in parsed.holes:
            span = Span(hole.start, hole.end)
            if HOLE_LETTER in edit.text:  # what stands for a computed name is no name
                return Applicability.MANUAL
            if span.overlaps(edit.span) or span.of(parsed.text) in edit.text:  # computed text cannot be repeated
                return Applicability.MANUAL
            if span.touches(edit.span) and chosen is Applicability.SAFE:
                chosen = Applicability.UNSAFE
    return chosen


def _keeps_parameters(parsed: Parsed, rewrites: Sequence[Rewrite]) -> bool:
    """Whether every bare `?` stays once and in order: its place is all that says which parameter it is."""
    for rewrite in rewrites:
        inside = [p.span for p in parsed.placeholders if p.text == "?" and rewrite.span.contains(p.span)]
        kept = [span for part in rewrite.parts if isinstance(part, Span) for span in inside if part.contains(span)]
        if inside != kept or any(isinstance(part, str) and "?" in _QUOTED.sub("", part) for part in rewrite.parts):
            return False
    return True


def _finding(parsed: Parsed, candidate: _Candidate, *, applied: bool) -> Finding:
    from sqlport.sql import flatten

    rule, proposal = candidate.rule, candidate.proposal
    fix = None
    if proposal.rewrites:
        condition = proposal.condition or rule.condition
        fix = Fix(candidate.applicability, flatten(parsed.text, proposal.rewrites), condition=condition)
    return Finding(
        code=rule.code,
        name=rule.name,
        effect=rule.effect,
        severity=DEFAULT_SEVERITY[rule.effect],
        message=_said(parsed, proposal.message or rule.message),
        span=proposal.span,
        applicability=candidate.applicability,
        applied=applied,
        fix=fix,
    )


def _said(parsed: Parsed, message: str) -> str:
    """The message with computed names as the host has them."""
    from sqlport.sql.tokens import HOLE_LETTER, stand_in

    if HOLE_LETTER not in message:
        return message
    for index, hole in enumerate(parsed.holes):
        message = message.replace(stand_in(index, hole.end - hole.start), f"{{{hole.source}}}")
    return message


def _invalid(parsed: Parsed) -> Finding:
    assert parsed.problem is not None
    return Finding(
        code="SQP002",
        name="invalid-sql",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message=f"this is not a SQLite statement that sqlport can read: {parsed.problem.message};"
        " correct it, or mark it with `sqlport: ignore[SQP002]` if it is not meant to run",
        span=parsed.problem.span,
    )


def _flat(parsed: Parsed, made: Sequence[tuple[_Candidate, tuple[Rewrite, ...]]]) -> tuple[Edit, ...]:
    from sqlport.sql import flatten

    return flatten(parsed.text, [rewrite for _, rewrites in made for rewrite in rewrites])


def _moved_holes(holes: Sequence[Hole], edits: Sequence[Edit]) -> tuple[Hole, ...]:
    from sqlport.sql.edits import moved

    spans = [(hole, moved(Span(hole.start, hole.end), edits)) for hole in holes]
    return tuple(replace(hole, start=span.start, end=span.end) for hole, span in spans if span is not None)


def _carried(findings: Iterable[Finding], sql: str, edits: Sequence[Edit]) -> Iterable[Finding]:
    """Findings of a later round, with spans over the original text."""
    from sqlport.sql.edits import original

    for finding in findings:
        fix = finding.fix
        if fix is not None and not finding.applied:
            from sqlport.sql.edits import compose

            fix = replace(fix, edits=compose(sql, edits, fix.edits))
        yield replace(finding, span=original(finding.span, edits), fix=fix)


def _finished(
    sql: str, parsed: Parsed, edits: tuple[Edit, ...], findings: list[Finding], request: Request
) -> StatementPort:
    """Placeholders last: for the host as its driver takes them, for the server as `$n`."""
    from sqlport.sql import apply
    from sqlport.sql.edits import compose
    from sqlport.sql.parameters import numbered

    text = parsed.text
    numbers, question_parameters = numbered(parsed)
    behind = _behind(parsed, request)
    question = apply(text, (*numbers, *behind))
    if request.speaks_target:
        made, found = _round(parsed, request, last=True)
        findings.extend(_carried(found, sql, edits))
        step = tuple(sorted((*_flat(parsed, made), *_returned(parsed, request), *behind), key=lambda edit: edit.start))
        edits, text = compose(sql, edits, step), apply(text, step)
    return StatementPort(
        findings=tuple(sorted(findings, key=lambda finding: (finding.span, finding.code))),
        edits=edits,
        sql=text,
        question=question,
        parameters=tuple(placeholder.key for placeholder in parsed.placeholders),
        question_parameters=question_parameters,
        question_holes=_moved_holes(parsed.holes, numbers),
        left=_left(findings),
    )


def _spelling(parsed: Parsed, request: Request) -> tuple[Edit, ...]:
    """The placeholders, and what the call itself needs, without any other fix."""
    from sqlport.sql.parameters import percents, spelled

    if not request.speaks_target:
        return ()
    driver = request.target.driver
    if driver == "numbered" and any(hole.kind in (HoleKind.PLACEHOLDERS, HoleKind.CLAUSE) for hole in parsed.holes):
        return ()  # the text that is put in there would have to be numbered as well
    edits = [Edit(p.span.start, p.span.end, text) for p, text in spelled(parsed, driver) if p.text != text]
    if driver == "psycopg" and (request.passes_parameters or parsed.placeholders):
        edits += [Edit(span.start, span.end, "%%") for span in percents(parsed)]
    edits += _returned(parsed, request)
    return tuple(sorted(edits, key=lambda edit: edit.start))


def _returned(parsed: Parsed, request: Request) -> tuple[Edit, ...]:
    """RETURNING behind the statement, where the call reads what it inserted."""
    if not request.returning or not parsed.tokens:
        return ()
    end = max((token.end for token in parsed.tokens if token.text != ";"), default=0)
    lower = any(token.text == "insert" for token in parsed.tokens)
    return (Edit(end, end, f" {'returning' if lower else 'RETURNING'} {request.returning}"),)


def _behind(parsed: Parsed, request: Request) -> tuple[Edit, ...]:
    """The statements that go behind this one, in lines of their own where it has several."""
    if not request.behind or not parsed.tokens or not request.speaks_target:
        return ()
    end = max(token.end for token in parsed.tokens if token.text != ";")
    start = parsed.text.rfind("\n", 0, end) + 1
    last = parsed.text[start:end]
    if not start and not request.is_script:
        return (Edit(end, end, "".join(f"; {' '.join(each.split())}" for each in request.behind)),)
    line = "\n" + last[: len(last) - len(last.lstrip())] * bool(start)
    return (Edit(end, end, "".join(f";\n{each}".replace("\n", line) for each in request.behind)),)


def _left(findings: Iterable[Finding]) -> OneOf["", "unsafe", "manual"]:
    left = {
        finding.applicability
        for finding in findings
        if not finding.applied and (finding.effect is Effect.REJECTED or finding.applicability is Applicability.UNSAFE)
    }
    if not left:
        return ""
    return "unsafe" if left == {Applicability.UNSAFE} else "manual"
