"""The documents as pages for a browser, each a file of its own that needs no network."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator


def page(title: str, text: str, picture: str = "") -> str:
    """The Markdown of these documents as a page that needs nothing else; `picture` (SVG) stands for its diagram."""
    body = "\n".join(_blocks(text.split("\n"), picture))
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{html.escape(title)}</title>\n"
        "<meta name=viewport content='width=device-width'>\n"
        "<style>body{font:16px/1.5 sans-serif;max-width:75em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left;"
        "vertical-align:top}th{background:#f0f0f0}tr:nth-child(even) td{background:#fafafa}.picture{overflow:auto}"
        "pre{background:#f4f4f4;padding:1em;overflow:auto}code{background:#f4f4f4;padding:0 .2em}</style>\n"
        f"{body}\n</html>\n"
    )


def _blocks(lines: list[str], picture: str) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next(i for i in range(at + 1, len(lines)) if lines[i] == "```")
            block = f"<pre>{html.escape(chr(10).join(lines[at + 1 : end]))}</pre>"
            if line == "```mermaid":
                block = f"<div class=picture>{picture}</div>\n<details><summary>as Mermaid</summary>{block}</details>"
            yield block
            at = end
        elif line.startswith("|"):
            end = next((i for i in range(at, len(lines)) if not lines[i].startswith("|")), len(lines))
            yield _rows(lines[at:end])
            at = end - 1
        elif line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            yield f"<h{level}>{_inline(line[level:].strip())}</h{level}>"
        elif line.startswith("- "):
            end = next((i for i in range(at, len(lines)) if not lines[i].startswith("- ")), len(lines))
            yield f"<ul>{''.join(f'<li>{_inline(each[2:])}</li>' for each in lines[at:end])}</ul>"
            at = end - 1
        elif line:
            yield f"<p>{_inline(line)}</p>"
        at += 1


def _rows(lines: Iterable[str]) -> str:
    head, _, *rows = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines]
    made = [f"<tr>{''.join(f'<th>{_inline(cell.strip())}</th>' for cell in head)}</tr>"]
    made += [f"<tr>{''.join(f'<td>{_inline(cell.strip())}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table>\n{chr(10).join(made)}\n</table>"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text.replace("\\|", "|"), quote=False))
