"""The last lines of a run: how much is left, what can fix it, how much SQL was seen, and who judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlport.model import Effect
from sqlport.report.paint import Paint, painter, printable
from sqlport.results import Coverage, Report, applicability_of

_WORDS = {
    Effect.REJECTED: "rejected by PostgreSQL",
    Effect.DIFFERS: "with another answer",
    Effect.SLOWER: "slower",
    Effect.STYLE: "of style",
}
_MOST_STALE = 10


def render(report: Report, *, color: bool = False) -> str:
    """The summary of `check` and `fix`."""
    paint = painter(color)
    return "".join(line + "\n" for line in _lines(report, paint))


def _lines(report: Report, paint: Paint) -> Iterator[str]:
    summary = report.summary
    if summary.findings:
        effects = ", ".join(f"{count} {_WORDS[effect]}" for effect, count in summary.by_effect.items())
        yield paint(f"{_count(summary.findings, 'finding')} ({effects})", "bold red")
        yield from _fixable(report)
    else:
        yield paint("Nothing left to port.", "bold green")
    if report.written:
        yield f"Written: {_count(len(report.written), 'file')}."
    yield coverage_line(report)
    yield from baseline_lines(report)
    yield from server_line(report)


def _fixable(report: Report) -> Iterator[str]:
    summary = report.summary
    ways = []
    if summary.safe:
        ways.append(f"{summary.safe} with `sqlport fix`")
    if summary.unsafe:
        ways.append(f"{summary.unsafe} with `sqlport fix --unsafe`")
    if summary.held:
        ways.append(f"{summary.held} with a fix that was not made (each says why)")
    if summary.manual:
        ways.append(f"{summary.manual} by hand")
    yield f"To port: {', '.join(ways)}."


def coverage_line(report: Report) -> str:
    """Files, statements and sinks that were seen, and how many could not be read."""
    summary, sinks = report.summary, report.coverage
    seen = f"{_count(summary.statements, 'statement')} in {_count(summary.files, 'file')}"
    if not sinks.sinks:
        return f"Seen: {seen}."
    unread = f", {sinks.unresolved} not read" if sinks.unresolved else ""
    return f"Seen: {seen}; SQL read at {sinks.read} of {_count(sinks.sinks, 'sink')}{unread}."


def baseline_lines(report: Report) -> Iterator[str]:
    """What the baseline let pass, and its entries that can go."""
    if report.known:
        yield f"Baseline: {_count(report.known, 'known finding')} let pass."
    if report.stale:
        number = len(report.stale)
        entries = "entry is" if number == 1 else "entries are"
        yield f"Baseline: {number} {entries} stale (the finding is gone); write it anew with --write-baseline:"
        for entry in report.stale[:_MOST_STALE]:
            yield f"  {printable(entry.path)}: {entry.code} {printable(entry.sql)}"
        if number > _MOST_STALE:
            yield f"  and {number - _MOST_STALE} more"


def server_line(report: Report) -> Iterator[str]:
    """The verdicts by kind and the server they hold for, and what would verify more; nothing without a server."""
    if report.server is None:
        return
    kinds = Counter(verdict.kind for verdict in report.verdicts.values())
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("verified", "rejected", "unverified") if kinds[kind])
    yield f"{report.server}: {counts or 'no statement to verify'}."
    unknown = sum(verdict.reason == "no-schema" for verdict in report.verdicts.values())
    if unknown:
        yield f"Tables of {_count(unknown, 'statement')} are not known: name them with --sqlite FILE or --schema PATH."


def statistics(report: Report, *, color: bool = False) -> str:
    """A line for each rule: how often it was found, and how often a fix exists; most frequent first."""
    paint = painter(color)
    counts: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    for finding in report.left:
        key = (finding.code, finding.name)
        counts[key] += 1
        fixable[key] += applicability_of(finding).value != "manual"
    width = len(str(max(counts.values(), default=0)))
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(
        f"{count:>{width}}  {paint(code, 'bold red')}  {_tick(fixable[code, name], count)}  {name}\n"
        for (code, name), count in rows
    )


def _tick(fixable: int, count: int) -> str:
    return "[*]" if fixable == count else "[-]" if fixable else "[ ]"


def coverage(report: Report, *, color: bool = False) -> str:
    """A table of the sinks: how many texts were read whole, with holes, as alternatives, or not at all."""
    sinks: Coverage = report.coverage
    rows = [
        ("resolved", sinks.resolved, "one text, no holes"),
        ("with holes", sinks.with_holes, "one text, parts of it computed"),
        ("alternatives", sinks.alternatives, "several texts"),
        ("unresolved", sinks.unresolved, "no text found (SQP001)"),
    ]
    paint = painter(color)
    whole = sinks.sinks or 1
    head = paint(f"Coverage of {_count(sinks.sinks, 'sink')}", "bold")
    lines = [f"  {name:<12} {count:>6} {100 * count / whole:5.1f} %  {what}" for name, count, what in rows]
    return "\n".join((head, *lines)) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
