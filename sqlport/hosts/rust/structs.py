"""The types that Rust code declares for rows: the fields of structs, and the parts of tuples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.hosts.rust.source import Source

_WRAPPERS = re.compile(
    r"(?:std::(?:result|option|vec|boxed)::|anyhow::|sqlx::)?(?:Option|Result|Vec|Box|BoxStream|Arc)<(?P<inner>.*)>"
)
_RENAME = re.compile(r"\brename\s*=\s*\"(?P<name>[^\"]+)\"")
_RENAME_ALL = re.compile(r"\brename_all\s*=\s*\"(?P<style>[^\"]+)\"")
_NOT_READ = re.compile(r"\b(?:skip|flatten|json|try_from)\b")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct: the label of the column that it is read from, and its type as it is written."""

    label: str
    type: str
    line: int


def fields(source: Source, struct: Node, *, row: bool) -> list[Field]:
    """The fields of a struct that are read from columns.

    With `row` as `FromRow` reads them, with what its attributes say (https://docs.rs/sqlx/latest/sqlx/trait.FromRow.html);
    else as `query_as!` fills them, by their names. Generic structs have none.
    """
    body = struct.child_by_field_name("body")
    if body is None or body.type != "field_declaration_list" or struct.child_by_field_name("type_parameters"):
        return []
    attributes = "".join(_attributes(source, struct))
    if row and not re.search(r"\bderive\s*\([^)]*\bFromRow\b", attributes):
        return []  # what reads it is written by hand
    renaming = _RENAME_ALL.search(attributes) if row else None
    style = renaming["style"] if renaming else ""
    found: list[Field] = []
    said = ""
    for child in body.named_children:
        if child.type == "attribute_item":
            text = source.text(child)
            said += text if re.match(r"#\[\s*sqlx\b", text) else ""
            continue
        if child.type != "field_declaration":
            continue
        name, declared = child.child_by_field_name("name"), child.child_by_field_name("type")
        if name is not None and declared is not None and not (row and _NOT_READ.search(said)):
            renamed = _RENAME.search(said) if row else None
            own = source.text(name).removeprefix("r#")
            label = renamed["name"] if renamed else _styled(own, style)
            found.append(Field(label, source.text(declared), source.line(child)))
        said = ""
    return found


def unwrapped(declared: str) -> str:
    """The row's type inside of `Result<Vec<T>>`, `Option<T>` and their like."""
    text = re.sub(r"\s+", "", declared)
    while text != "Vec<u8>" and (inner := _WRAPPERS.fullmatch(text)) is not None:
        text = first_of(inner["inner"])
    return text


def first_of(listed: str) -> str:
    """The first type of a list of types."""
    return parts(listed)[0] if listed else ""


def parts(listed: str) -> list[str]:
    """The types of a list, at the commas that stand in no brackets."""
    found = [""]
    depth = 0
    for char in listed:
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return [part.strip() for part in found if part.strip()]


def _attributes(source: Source, struct: Node) -> Iterator[str]:
    before = struct.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment", "block_comment"):
        if before.type == "attribute_item":
            yield source.text(before)
        before = before.prev_named_sibling


def _styled(name: str, style: str) -> str:
    words = name.split("_")
    if style == "camelCase":
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if style == "PascalCase":
        return "".join(word.capitalize() for word in words)
    if style == "lowercase":
        return name.lower()
    if style in ("UPPERCASE", "SCREAMING_SNAKE_CASE"):
        return name.upper()
    if style == "kebab-case":
        return name.replace("_", "-")
    return name
