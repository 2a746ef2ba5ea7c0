"""The part of the design about types of PostgreSQL's own: the evidence for each, and its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlport.catalog.types import postgres_type
from sqlport.schema.document import grid

if TYPE_CHECKING:
    from sqlport.model import Target
    from sqlport.pricing import Change
    from sqlport.schema.evidence import Evidence

_INTRO = (
    'Each is a choice of its own, whole with `profile = "native"` or column by column. The evidence is what the file'
    " holds today; the price is what has to change in the code with it."
)
_NO_CODE = "No code was read: `sqlport schema report SOURCE --code PATH` lists the lines that each choice costs."


def native(target: Target, found: Sequence[Evidence], prices: Mapping[str, Sequence[Change]] | None) -> Iterator[str]:
    """A table of the choices, the lines that each costs, and the settings that make the sound ones."""
    yield from (_INTRO, "")
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        chosen = _is_chosen(one, target)
        verdict = "chosen" if chosen and one.holds else "chosen, against the values" if chosen and one.values else ""
        verdict = verdict or ("possible" if one.holds else "chosen unseen" if chosen else "not without other values")
        if not one.values and not chosen:
            verdict = "open"
        cells = (one.declared or "none", one.now, one.type, str(one), _cost(one, prices), verdict)
        alike.setdefault(cells, []).append(one.key)
    head = ["columns", "SQLite", "faithful", "native", "evidence", "price", "state"]
    rows = [[", ".join(keys), *cells] for cells, keys in alike.items()]
    yield from grid(head, rows)
    yield ""
    if prices is None:
        yield from (_NO_CODE, "")
    for one in found:
        changes = (prices or {}).get(one.key, ())
        if changes:
            yield from (f"### {one.key} as {one.type}", "")
            yield from (f"- {change}{'' if change.by_hand else ' (`sqlport fix` does it)'}" for change in changes)
            yield ""
    sound = [one for one in found if one.holds and not _is_chosen(one, target)]
    if sound:
        yield from ("Those that all values agree with, as settings:", "", "```toml", "[tool.sqlport.types]")
        yield from (f'"{one.key}" = "{one.type}"' for one in sound)
        yield from ("```", "")


def _is_chosen(one: Evidence, target: Target) -> bool:
    return postgres_type(one.declared, target, one.key).type == one.type


def _cost(one: Evidence, prices: Mapping[str, Sequence[Change]] | None) -> str:
    if prices is None:
        return "not known"
    changes = prices.get(one.key, ())
    by_hand = sum(change.by_hand for change in changes)
    lines = "line" if by_hand == 1 else "lines"
    return f"{by_hand} {lines} by hand, {len(changes) - by_hand} by `fix`" if changes else "none found"
