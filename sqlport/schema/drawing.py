"""The tables and their foreign keys as a picture (SVG) that needs no network: parents left, children right of them."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.catalog.names import folded

if TYPE_CHECKING:
    from sqlport.catalog import Column, Table

_WIDTH, _GAP, _LINE, _HEAD, _SPACE = 230, 80, 17, 24, 26
_MOST_COLUMNS, _MOST_BOXES, _LETTERS = 14, 10, 30


@dataclass(frozen=True, slots=True)
class _Box:
    """A table at its place, in pixels from the upper left corner."""

    table: Table
    left: int
    top: int
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        return _HEAD + _LINE * len(self.lines) + 6


def drawing(tables: Sequence[Table], type_of: Callable[[Table, Column], str]) -> str:
    """The picture as an `<svg>` element; of a wide table the first columns are shown, its keys before all others."""
    boxes = {folded(box.table.name): box for box in _placed(tables, type_of)}
    if not boxes:
        return ""
    width = max(box.left for box in boxes.values()) + _WIDTH + _GAP
    height = max(box.top + box.height for box in boxes.values()) + _SPACE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="12" role="img" aria-label="tables and foreign keys">'
    ]
    parts += _lines(boxes)
    for box in boxes.values():
        parts += _box(box)
    return "\n".join([*parts, "</svg>"])


def _placed(tables: Sequence[Table], type_of: Callable[[Table, Column], str]) -> Iterator[_Box]:
    depths = _depths(tables)
    left = _SPACE
    for depth in sorted(set(depths.values())):
        level = [table for table in tables if depths[folded(table.name)] == depth]
        for start in range(0, len(level), _MOST_BOXES):
            top = _SPACE
            for table in level[start : start + _MOST_BOXES]:
                box = _Box(table, left, top, tuple(_shown(table, type_of)))
                yield box
                top += box.height + _SPACE
            left += _WIDTH + _GAP


def _depths(tables: Sequence[Table]) -> Mapping[str, int]:
    """How far each table stands from those that refer to none; a circle is entered at its first table."""
    by_name = {folded(table.name): table for table in tables}
    depths: dict[str, int] = {}
    for start in by_name:
        stack, under = [start], {start}
        while stack:
            name = stack[-1]
            parents = {folded(key.table) for key in by_name[name].foreign_keys} & by_name.keys() - {name}
            waiting = next((each for each in sorted(parents) if each not in depths and each not in under), None)
            if waiting is not None:
                stack.append(waiting)
                under.add(waiting)
                continue
            depths.setdefault(name, max((depths[each] + 1 for each in parents if each in depths), default=0))
            under.discard(stack.pop())
    return depths


def _shown(table: Table, type_of: Callable[[Table, Column], str]) -> Iterator[str]:
    keys = {folded(name) for key in table.foreign_keys for name in key.columns}
    marked = [column for column in table.columns if column.primary_key or folded(column.name) in keys]
    others = [column for column in table.columns if column not in marked]
    shown = [*marked, *others][:_MOST_COLUMNS]
    for column in shown:
        mark = "• " if column.primary_key else "→ " if folded(column.name) in keys else ""
        text = f"{mark}{column.name}  {type_of(table, column)}"
        yield text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
    if len(table.columns) > len(shown):
        yield f"… {len(table.columns) - len(shown)} more"


def _box(box: _Box) -> Iterator[str]:
    place = f'x="{box.left}" width="{_WIDTH}"'
    yield f'<rect {place} y="{box.top}" height="{box.height}" fill="#fff" stroke="#667" rx="4"/>'
    yield f'<rect {place} y="{box.top}" height="{_HEAD}" fill="#e4e8f0" stroke="#667" rx="4"/>'
    yield _text(box.left + 8, box.top + 16, box.table.name, " font-weight='bold'")
    for number, line in enumerate(box.lines):
        yield _text(box.left + 8, box.top + _HEAD + 15 + number * _LINE, line)


def _text(left: int, top: int, text: str, more: str = "") -> str:
    return f'<text x="{left}" y="{top}"{more}>{html.escape(text)}</text>'


def _lines(boxes: Mapping[str, _Box]) -> Iterator[str]:
    """A curve for each foreign key, from the child to the head of its parent, where it ends in a dot."""
    for box in boxes.values():
        for number, key in enumerate(box.table.foreign_keys):
            parent = boxes.get(folded(key.table))
            if parent is None:
                continue
            to_x, to_y = parent.left + _WIDTH, parent.top + 12
            from_y = box.top + _HEAD + 10 + min(number, len(box.lines)) * _LINE
            backwards = parent.left >= box.left
            from_x = box.left + _WIDTH if backwards else box.left
            bend = _GAP * 2 // 3
            first = from_x + bend if backwards else from_x - bend
            title = html.escape(f"{box.table.name} ({', '.join(key.columns)}) to {key.table}")
            yield (
                f'<path d="M{from_x},{from_y} C{first},{from_y} {to_x + bend},{to_y} {to_x},{to_y}" fill="none"'
                f' stroke="#89a"><title>{title}</title></path><circle cx="{to_x}" cy="{to_y}" r="3" fill="#567"/>'
            )
