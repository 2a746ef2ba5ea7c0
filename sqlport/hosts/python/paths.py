"""Paths and opened files: a `.sql` file that is read is a text that is written there."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Sequence

from sqlport.hosts.python import strings
from sqlport.hosts.python.values import File, Items, Ref, Str, Unknown, Value, options

_PATHS = frozenset(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "builtins.open", "io.open", "codecs.open"))
_PACKAGES = frozenset(("importlib.resources.files", "importlib_resources.files"))
_TEXTS = frozenset(("importlib.resources.read_text", "importlib_resources.read_text", "pkgutil.get_data"))
_OPENED = frozenset(("importlib.resources.open_text", "importlib_resources.open_text"))
_SAME = frozenset(("resolve", "absolute", "open", "expanduser", "__enter__"))
_READ = frozenset(("read", "read_text", "read_bytes"))


def path_of(name: str, arguments: Sequence[Value]) -> tuple[File, bool] | None:
    """The file that a call of a library's function names, and whether the call gives its text at once."""
    full = name if "." in name else f"builtins.{name}"
    if full in _PATHS and arguments:
        # What follows the path in a call of `open` is the mode, not a part of the path.
        return joined(File(()), arguments[:1] if full.endswith(".open") else arguments), False
    if full in _PACKAGES:
        return File(()), False
    if full in _TEXTS | _OPENED and len(arguments) > 1:
        return joined(File(()), arguments[1:2]), full in _TEXTS
    if full == "os.path.join":
        return joined(File(()), arguments), False
    if full in ("os.path.abspath", "os.path.realpath", "os.fspath", "os.path.normpath") and arguments:
        first = arguments[0]
        return (first, False) if isinstance(first, File) else None
    return None


def method_of(file: File, name: str, arguments: Sequence[Value]) -> tuple[File, bool] | None:
    """What a method of a path or of an opened file gives: another path, or with True the text."""
    if name in _READ:
        return file, True
    if name in _SAME:
        return file, False
    if name == "joinpath":
        return joined(file, arguments), False
    if name == "with_name":
        return joined(parent(file), arguments), False
    return None


def joined(file: File, more: Sequence[Value]) -> File:
    """The path with further parts; what comes before a part that is not known does not count."""
    parts = file.parts
    for value in more:
        if isinstance(value, File):
            parts = (*parts, *value.parts) if value.parts else parts
        elif isinstance(value, Str) and strings.GAP not in strings.flat(value):
            parts = (*parts, *strings.flat(value).replace("\\", "/").split("/"))
        else:
            parts = ()
    return File(tuple(part for part in parts if part not in ("", ".")))


def parent(file: File) -> File:
    """The folder of the path."""
    return File(file.parts[:-1])


def names_script(value: Value) -> bool:
    """Whether a value names an `.sql` file."""
    return any(
        isinstance(option.value, Str) and strings.flat(option.value).endswith(".sql") for option in options(value)
    )


def divided(left: Value, right: Value) -> Value | None:
    """`path / "name"`; also where the path is not known but the name is one of a script."""
    if isinstance(left, File):
        return joined(left, [right])
    if isinstance(left, (Unknown, Ref, Items)) and names_script(right):
        return joined(File(()), [right])
    return None


def tail(file: File) -> str:
    """The path as far as it is known, when it is that of a script; else nothing."""
    return posixpath.join(*file.parts) if file.parts and file.parts[-1].lower().endswith(".sql") else ""


def is_resource(node: ast.Attribute) -> bool:
    """Whether a method opens a file of an application by its name, as Flask's `open_resource` does."""
    return node.attr in ("open_resource", "open_instance_resource")
