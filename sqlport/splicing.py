"""Which ports are written, and the files they give: all edits of a statement or none, agreed by all its users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlport.hosts import Refusal, apply_around, apply_edits, map_edits
from sqlport.hosts.mapping import LiteralEdit, Unmappable, conflicts, literal_edits
from sqlport.model import Edit, Effect, FileEdit, Finding, Ported, Severity, SourceFile, Span, Statement, Verdict
from sqlport.placing import Placer
from sqlport.porting import SPELLING

Follow = Callable[[Statement, Sequence[int | str]], tuple[FileEdit, ...] | None]

_PARAMETERS = "parameters: the port has its placeholders in another order, and the call's values cannot follow"


@dataclass(frozen=True, slots=True)
class Spliced:
    """The new texts of files, the ports as they are made (findings of those that are not made say why)."""

    ported: tuple[Ported, ...]
    diffs: Mapping[str, tuple[str, str]]
    findings: tuple[Finding, ...]


def splice(
    files: Mapping[str, SourceFile],
    ported: Sequence[Ported],
    verdicts: Mapping[str, Verdict],
    *,
    write_unverified: bool,
    held: Mapping[str, str] | None = None,
    calls: Sequence[FileEdit] = (),
    follow: Follow = lambda statement, keys: (),
    moved: Callable[[Statement], bool] = lambda statement: False,
) -> Spliced:
    """Make the ports that may be made; those `held` back, by statement id with the reason, are not.

    `calls` are the edits of the calls around the SQL, `moved` tells whose call they port. SQLite runs such a statement
    no more, so that its port is made although PostgreSQL could not plan it, with a finding (SQP010) that says so;
    where PostgreSQL rejects it, the text stays but for the placeholders. `follow` gives the edits that put the call's
    parameters into the order of the placeholders.

    Literals that several statements are written with are edited when all of them want the same edits there and
    PostgreSQL rejects none of them. Ports that belong `together` are made all or not at all.
    """
    placer = Placer(files)
    reasons: dict[str, str] = dict(held or {})
    findings: list[Finding] = []
    wanted: list[tuple[Ported, tuple[Edit, ...]]] = []
    unplanned: list[tuple[Ported, str]] = []
    for one in ported:
        verdict = verdicts.get(one.statement.id, Verdict("unverified", "no-server"))
        stays = verdict.kind == "rejected" or one.statement.id in reasons
        wanted.append((one, one.port.spelling if stays else one.port.edits))
        if verdict.kind == "rejected":
            findings.append(rejected(one, verdict, placer))
        if verdict.kind == "unverified" and moved(one.statement) and one.port.edits != one.port.spelling:
            unplanned.append((one, _why(one, verdict)))
        elif verdict.kind == "rejected" or (verdict.kind == "unverified" and not write_unverified):
            reasons.setdefault(one.statement.id, _why(one, verdict))
    spelled, lost = _agreed(wanted, reasons)
    findings += [_conflict(one.statement, placer) for one in lost]
    edits: dict[str, tuple[FileEdit, ...]] = {}
    around: dict[str, tuple[FileEdit, ...]] = {}
    for one in ported:
        ways = ((one.port.edits, one.port.parameters), (spelled.get(one.statement.id, ()), one.port.spelled))
        for made, keys in ways:
            if made and (one.statement.id not in reasons or made is not one.port.edits):
                followed = follow(one.statement, keys)
                mapped = map_edits(one.statement, made, files)
                if followed is None:
                    reasons.setdefault(one.statement.id, _PARAMETERS)
                elif not isinstance(mapped, Refusal):
                    edits[one.statement.id], around[one.statement.id] = mapped, followed
                    break
                else:
                    reasons.setdefault(one.statement.id, mapped.message)
    clashing = _clashing(edits)
    for one in ported:
        if one.statement.id in clashing:
            respelled = map_edits(one.statement, one.port.spelling, files)
            followed = follow(one.statement, one.port.spelled)
            if isinstance(respelled, Refusal) or followed is None:
                edits[one.statement.id] = around[one.statement.id] = ()
            else:
                edits[one.statement.id], around[one.statement.id] = respelled, followed
            reasons.setdefault(one.statement.id, "conflicting-uses")
    diffs, refused = _apply(files, edits, calls, around)
    reasons.update(refused)
    halves = _halves(ported, reasons)
    if halves:
        return splice(
            files,
            ported,
            verdicts,
            write_unverified=write_unverified,
            held={**(held or {}), **halves},
            calls=calls,
            follow=follow,
            moved=moved,
        )
    findings += [_unplanned(one, why, placer) for one, why in unplanned if one.statement.id not in reasons]
    finished = tuple(
        _with_reason(one, reasons.get(one.statement.id, ""), spelled=one.statement.id in edits) for one in ported
    )
    return Spliced(finished, diffs, tuple(findings))


def _agreed(
    wanted: Sequence[tuple[Ported, tuple[Edit, ...]]], reasons: dict[str, str]
) -> tuple[dict[str, tuple[Edit, ...]], list[Ported]]:
    """The edits that only spell placeholders, by statement, and the ports that other uses of their text disagree with.

    Those get a reason; their placeholders are spelled all the same, unless the others disagree with that as well.
    """
    lost: dict[str, Ported] = {}
    spelled = {one.statement.id: one.port.spelling for one, _ in wanted}
    current = list(wanted)
    while True:
        losers = _disagreeing(current)
        if not losers:
            return spelled, list(lost.values())
        for one in losers:
            if one.statement.id in lost or one.statement.id in reasons:
                spelled[one.statement.id] = ()
            lost[one.statement.id] = one
            reasons.setdefault(one.statement.id, "conflicting-uses")
        ids = {one.statement.id for one in losers}
        current = [(one, spelled[one.statement.id] if one.statement.id in ids else made) for one, made in current]


def _halves(ported: Sequence[Ported], reasons: Mapping[str, str]) -> dict[str, str]:
    """The ports that are not to be made since another one is not, which they are made together with."""
    found = {}
    for one in ported:
        for other in one.together:
            if other in reasons and one.statement.id not in reasons:
                found[one.statement.id] = f"together: a foreign key moves between two statements, but {reasons[other]}"
    return found


def _clashing(edits: Mapping[str, tuple[FileEdit, ...]]) -> set[str]:
    """The statements that insert something else at a place where another one inserts as well."""
    at: dict[tuple[str, int], dict[str, str]] = {}
    for identity, mapped in edits.items():
        for edit in mapped:
            if edit.start == edit.end:
                own = at.setdefault((edit.path, edit.start), {})
                own[identity] = own.get(identity, "") + edit.text
    return {identity for own in at.values() if len(set(own.values())) > 1 for identity in own}


def _why(one: Ported, verdict: Verdict) -> str:
    if verdict.reason == "manual-left":
        unsafe = "another fix of this statement is made only with --unsafe"
        return f"manual-left: {unsafe if one.port.left == 'unsafe' else 'another finding of this statement is left'}"
    word = "rejected" if verdict.kind == "rejected" else verdict.reason
    said = " ".join(filter(None, (verdict.sqlstate, verdict.message)))
    return f"{word}: {said}" if said else word


def disagreeing(ported: Sequence[Ported]) -> list[Ported]:
    """The ports that change a text which another statement is written with, too, and wants otherwise."""
    users = Counter(literal for one in ported for literal in {origin.literal for origin in one.statement.origins})
    shared = [one for one in ported if any(users[origin.literal] > 1 for origin in one.statement.origins)]
    return _disagreeing([(one, one.port.edits) for one in shared])


def _disagreeing(wanted: Sequence[tuple[Ported, tuple[Edit, ...]]]) -> list[Ported]:
    """The ports that want an edit of a literal which another statement, written with it too, does not want."""
    mapped: list[tuple[Statement, Sequence[LiteralEdit]]] = []
    for one, edits in wanted:
        try:
            mapped.append((one.statement, literal_edits(one.statement, edits)))
        except Unmappable:
            mapped.append((one.statement, ()))
    return [wanted[index][0] for index in conflicts(mapped)]


def _apply(
    files: Mapping[str, SourceFile],
    edits: dict[str, tuple[FileEdit, ...]],
    calls: Sequence[FileEdit],
    around: dict[str, tuple[FileEdit, ...]],
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """The files with all edits, and why some statements get none; one that a file refuses gets none in any."""
    refused: dict[str, str] = {}
    while True:
        diffs: dict[str, tuple[str, str]] = {}
        culprits: dict[str, str] = {}
        others = [*calls, *(edit for key in edits for edit in around.get(key, ()))]
        for path in sorted({edit.path for mapped in (*edits.values(), others) for edit in mapped}):
            result = _new_text(files[path], edits.values(), others)
            if isinstance(result, Refusal):
                culprits = _culprits(files[path], edits, result)
                break
            if result != files[path].text:
                diffs[path] = (files[path].text, result)
        if not culprits:
            return diffs, refused
        refused.update(culprits)
        for identity in culprits:
            del edits[identity]


def _new_text(
    file: SourceFile, wanted: Iterable[tuple[FileEdit, ...]], calls: Sequence[FileEdit] = ()
) -> str | Refusal:
    own = {edit for mapped in wanted for edit in mapped if edit.path == file.path}
    text = apply_edits(file, sorted(own, key=lambda edit: (edit.start, edit.end, edit.text)))
    around = {edit for edit in calls if edit.path == file.path} - own
    if isinstance(text, Refusal) or not around:
        return text
    return apply_around(file, [*own, *around])


def _culprits(file: SourceFile, edits: Mapping[str, tuple[FileEdit, ...]], together: Refusal) -> dict[str, str]:
    """The statements whose edits the file refuses by themselves; all of its statements where each alone is fine."""
    here = {key: mapped for key, mapped in edits.items() if any(edit.path == file.path for edit in mapped)}
    alone = {key: _new_text(file, [mapped]) for key, mapped in here.items()}
    found = {key: result.message for key, result in alone.items() if isinstance(result, Refusal)}
    return found or dict.fromkeys(here, together.message)


def rejected(one: Ported, verdict: Verdict, placer: Placer) -> Finding:
    """SQP004: what the server said of the port, at the place of the error in the user's file."""
    from sqlport.sql.edits import original

    start = len(one.statement.sql.rstrip())
    if verdict.position is not None:
        start = original(Span(verdict.position, verdict.position), one.port.edits).start
    span = Span(min(start, len(one.statement.sql)), min(start + 1, len(one.statement.sql)))
    return Finding(
        code="SQP004",
        name="rejected-by-server",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message=f"PostgreSQL rejects the port: {verdict.sqlstate} {verdict.message}; port this statement by hand",
        span=span,
        place=placer.of_statement(one.statement, span),
        statement_id=one.statement.id,
    )


def _conflict(statement: Statement, placer: Placer) -> Finding:
    span = Span(0, len(statement.sql))
    return Finding(
        code="SQP006",
        name="conflicting-uses",
        effect=Effect.REJECTED,
        severity=Severity.WARNING,
        message="another statement is written with the same text and has to be ported otherwise, so that no text"
        " is right for both; give each its own",
        span=span,
        place=placer.of_statement(statement, span),
        statement_id=statement.id,
    )


def _unplanned(one: Ported, why: str, placer: Placer) -> Finding:
    """SQP010: why nobody has confirmed a port that is made since its call is ported."""
    span = Span(0, len(one.statement.sql))
    return Finding(
        code="SQP010",
        name="unplanned-port",
        effect=Effect.DIFFERS,
        severity=Severity.WARNING,
        message=f"ported with its call, though PostgreSQL could not plan the statement ({why}); test what it does",
        span=span,
        place=placer.of_statement(one.statement, span),
        statement_id=one.statement.id,
    )


def _with_reason(one: Ported, reason: str, *, spelled: bool) -> Ported:
    """The port with the fixes that would have been made marked as not made, and why.

    Where it is `spelled`, its placeholders are those of the driver all the same.
    """
    if not reason:
        return one
    findings = tuple(
        replace(finding, applied=False, fix=replace(finding.fix, reason=reason))
        if finding.applied and finding.fix and not (spelled and finding.code in SPELLING)
        else finding
        for finding in one.port.findings
    )
    if spelled:
        from sqlport.sql import apply

        edits = one.port.spelling
        return replace(one, port=replace(one.port, findings=findings, edits=edits, sql=apply(one.statement.sql, edits)))
    return replace(one, port=replace(one.port, findings=findings, edits=(), sql=one.statement.sql))
