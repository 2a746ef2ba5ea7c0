"""A rule's page in the terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlport.notices import Notice

if TYPE_CHECKING:
    from sqlport.rulebook import Rule


def pages(rules: Sequence[Rule], *, color: bool = False, width: int = 100) -> str:
    """The pages, one after the other: laid out by rich on a terminal, the Markdown itself elsewhere."""
    texts = [_page(rule) for rule in rules]
    if not color:
        return "\n".join(texts)
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=width, color_system="standard", force_terminal=True)
    with console.capture() as capture:
        for text in texts:
            console.print(Markdown(text))
            console.print()
    return capture.get()


def notice_page(notice: Notice) -> str:
    """The page of a finding that has no rule."""
    return f"# {notice.code} {notice.name}\n\n{notice.text}\n"


def notice_json(notice: Notice) -> str:
    """The same as JSON, in the shape of a list of rules."""
    content = [{"code": notice.code, "name": notice.name, "fix": "manual", "message": notice.text}]
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _page(rule: Rule) -> str:
    head = f"# {rule.code} {rule.name}\n\n"
    facts = [f"- Effect: {rule.effect.value}", f"- Fix: {rule.fix.value}"]
    if rule.condition:
        facts.append(f"- Right only if: {rule.condition}")
    facts += [f"- Since: {rule.since}", *(f"- Source: <{source}>" for source in rule.sources)]
    return head + "\n".join(facts) + "\n\n" + rule.page.rstrip() + "\n"


def listing(rules: Sequence[Rule]) -> str:
    """A line for each rule."""
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(f"{r.code}  {r.name:<{width}}  {r.effect.value:<8}  {r.fix.value}\n" for r in rules)


def as_json(rules: Sequence[Rule]) -> str:
    """A list with an object for each rule."""
    return json.dumps([_object(rule) for rule in rules], ensure_ascii=False, indent=2) + "\n"


def _object(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "effect": rule.effect.value,
        "fix": rule.fix.value,
        "message": rule.message,
        "condition": rule.condition or None,
        "since": rule.since,
        "sources": list(rule.sources),
        "page": rule.page,
    }
