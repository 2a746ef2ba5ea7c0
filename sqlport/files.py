"""Files in and out: which ones to look at, their bytes as text, and the safe way back to disk."""

from __future__ import annotations

import codecs
import io
import os
import stat
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.model import SourceFile, SqlportError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (
    *(".py", ".sql", ".rs", ".sh", ".bash", ".env", ".env.example", ".env.sample", ".env.test", ".yml", ".yaml"),
    *("Makefile", "Makefile.toml", "Dockerfile"),
)
"""What is looked at in a directory unless told otherwise; a path that is named is always taken."""

# Never the user's own source, whatever .gitignore says.
_SKIPPED = frozenset(
    (
        *(".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", "venv", ".eggs", "node_modules", "site-packages"),
        *("__pycache__", "__pypackages__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"),
    )
)


def reported(path: str | os.PathLike[str]) -> str:
    """How a path is shown: relative to the working directory when inside it, `/` as separator."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow symlinks
    try:
        relative = os.path.relpath(absolute)
    except ValueError:  # another drive
        return Path(absolute).as_posix()
    inside = not relative.startswith(os.pardir + os.sep) and relative != os.pardir
    return Path(relative if inside else absolute).as_posix()


def discover(
    paths: Iterable[str | os.PathLike[str]],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    gitignore: bool = True,
    suffixes: Sequence[str] = SUFFIXES,
) -> list[str]:
    """The files below `paths`, sorted within each, every real file once.

    `include` and `exclude` are globs as in `.gitignore`, matched against the path below the given directory
    and below the working directory; `include` adds files of other suffixes. A file that is named itself is
    taken unless `exclude` names it. Raises SqlportError for a path that is missing or cannot be read.
    """
    walk = _Walk(_spec(include), _spec(exclude), gitignore, tuple(suffixes))
    found: list[str] = []
    for path in paths:
        found.extend(walk.below(Path(path)))
    return found


def read_source(path: str | os.PathLike[str]) -> SourceFile:
    """The file's bytes and text: encoding cookie (PEP 263) and BOM honoured, line ends kept.

    Bytes that the encoding does not know come as lone surrogates, so that the host can report their line and
    nothing is lost. Raises SqlportError when the file cannot be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise SqlportError(f"{reported(path)}: cannot be read ({_why(error)}); check the path and its mode") from error
    return source_of(reported(path), data)


def source_of(path: str, data: bytes) -> SourceFile:
    """`data` as it would be read from `path`."""
    encoding, bom = _encoding(path, data)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    return SourceFile(path, data, body.decode(encoding, "surrogateescape"), encoding, bom)


def encode(file: SourceFile, text: str) -> bytes:
    """`text` as bytes in the file's encoding, with its BOM. Raises UnicodeEncodeError."""
    return (codecs.BOM_UTF8 if file.bom else b"") + text.encode(file.encoding, "surrogateescape")


def write_atomic(file: SourceFile, text: str) -> None:
    """Give the file the new `text`: through a temporary file beside it, mode kept, symlink followed.

    Raises SqlportError when its bytes are no longer those that were read, or when it cannot be written;
    the file then is as it was.
    """
    target = Path(os.path.realpath(file.path))
    try:
        data = encode(file, text)
    except UnicodeEncodeError as error:
        raise SqlportError(f"{file.path}: the new text has a character that {file.encoding} cannot hold") from error
    try:
        if target.read_bytes() != file.data:
            raise SqlportError(f"{file.path}: changed on disk since it was read, so it was not written; run again")
        _replace(target, data)
    except OSError as error:
        raise SqlportError(f"{file.path}: cannot be written ({_why(error)}); it was left as it was") from error


def write_new(path: str, text: str) -> None:
    """Make a file that was not there. Raises SqlportError when it is there by now, or cannot be written."""
    try:
        with Path(path).open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise SqlportError(f"{path}: cannot be made ({_why(error)}); nothing was written there") from error


def _replace(target: Path, data: bytes) -> None:
    mode = stat.S_IMODE(target.stat().st_mode)
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _encoding(path: str, data: bytes) -> tuple[str, bool]:
    """The codec to read `data` with, and whether a UTF-8 BOM stands before it.

    Without a usable codec UTF-8 stands in; `hosts.python.source` finds the reason again and reports it.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    if not path.endswith((".py", ".pyi")):
        return "utf-8", bom
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if not bom:
            data.decode(name)
    except (SyntaxError, UnicodeError, LookupError):
        return "utf-8", bom
    return ("utf-8" if bom else name), bom


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _spec(globs: Sequence[str]) -> GitIgnoreSpec | None:
    if not globs:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(globs)


class _Walk:
    """One discovery: what was seen already, and the ignore files on the way down."""

    def __init__(
        self,
        include: GitIgnoreSpec | None,
        exclude: GitIgnoreSpec | None,
        gitignore: bool,
        suffixes: tuple[str, ...],
    ) -> None:
        self.include, self.exclude = include, exclude
        self.gitignore, self.suffixes = gitignore, suffixes
        self.seen_files: set[str] = set()
        self.seen_folders: set[tuple[int, int]] = set()

    def below(self, path: Path) -> Iterator[str]:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise SqlportError(f"{reported(path)}: cannot be read ({_why(error)}); check the path") from error
        if not stat.S_ISDIR(mode):
            if not _matches(self.exclude, path, path.parent) and self._first(path):
                yield reported(path)
            return
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - symlinks stay as the user wrote them
        ignores = _outer_ignores(absolute) if self.gitignore else []
        if _ignored(absolute, ignores, is_folder=True):
            ignores = []  # named all the same: only what lies below it is told what to leave out
        yield from self._folder(absolute, absolute, ignores)

    def _folder(self, root: Path, start: Path, ignores: list[tuple[Path, GitIgnoreSpec]]) -> Iterator[str]:
        # An explicit stack: a tree may be deeper than Python's recursion limit.
        stack = [(start, ignores)]
        while stack:
            folder, above = stack.pop()
            if not self._enter(folder):
                continue
            here = above + _ignores_in(folder) if self.gitignore else above
            folders: list[Path] = []
            for entry in _entries(folder):
                path = folder / entry.name
                try:
                    is_folder = entry.is_dir()
                except OSError:  # a symlink to itself
                    continue
                if self._skipped(path, root, here, is_folder):
                    continue
                if is_folder:
                    folders.append(path)
                elif self._wanted(path, root) and path.is_file() and self._first(path):
                    yield reported(path)
            stack.extend((path, here) for path in reversed(folders))

    def _enter(self, folder: Path) -> bool:
        """Whether the folder is entered for the first time (symlinks may lead back to it)."""
        try:
            status = folder.stat()
        except OSError as error:
            raise SqlportError(f"{reported(folder)}: cannot be read ({_why(error)}); check its mode") from error
        key = (status.st_dev, status.st_ino) if status.st_ino else (0, hash(os.path.realpath(folder)))
        if key in self.seen_folders:
            return False
        self.seen_folders.add(key)
        return True

    def _first(self, path: Path) -> bool:
        real = os.path.realpath(path)
        if real in self.seen_files:
            return False
        self.seen_files.add(real)
        return True

    def _skipped(self, path: Path, root: Path, ignores: list[tuple[Path, GitIgnoreSpec]], is_folder: bool) -> bool:
        if is_folder and (path.name in _SKIPPED or (path / "pyvenv.cfg").is_file()):
            return True
        if _matches(self.exclude, path, root, is_folder):
            return True
        return _ignored(path, ignores, is_folder)

    def _wanted(self, path: Path, root: Path) -> bool:
        return path.name.endswith(self.suffixes) or _matches(self.include, path, root)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SqlportError(
            f"{reported(folder)}: cannot be listed ({_why(error)}); exclude it or change its mode"
        ) from error


def _ignored(path: Path, ignores: list[tuple[Path, GitIgnoreSpec]], is_folder: bool) -> bool:
    """What the nearest ignore file with an opinion says."""
    for base, spec in reversed(ignores):
        include = spec.check_file(_relative(path, base, is_folder)).include
        if include is not None:
            return include
    return False


def _relative(path: Path, base: Path, is_folder: bool) -> str:
    return path.relative_to(base).as_posix() + ("/" if is_folder else "")


def _matches(spec: GitIgnoreSpec | None, path: Path, root: Path, is_folder: bool = False) -> bool:
    if spec is None:
        return False
    bases = {Path(os.path.abspath(root)), Path.cwd()}  # noqa: PTH100 - as above
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - as above
    return any(spec.match_file(_relative(absolute, base, is_folder)) for base in bases if absolute.is_relative_to(base))


def _ignores_in(folder: Path) -> list[tuple[Path, GitIgnoreSpec]]:
    from pathspec import GitIgnoreSpec

    found = []
    for name in (".git/info/exclude", ".gitignore"):
        try:
            text = (folder / name).read_text("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError as error:
            raise SqlportError(f"{reported(folder / name)}: cannot be read ({_why(error)})") from error
        found.append((folder, GitIgnoreSpec.from_lines(text.splitlines())))
    return found


def _outer_ignores(folder: Path) -> list[tuple[Path, GitIgnoreSpec]]:
    """The ignore files between the repository's root and `folder`, outermost first, without its own."""
    if (folder / ".git").exists():
        return []
    for depth, parent in enumerate(folder.parents):
        if (parent / ".git").exists():
            between = [parent, *reversed(folder.parents[:depth])]
            return [found for path in between for found in _ignores_in(path)]
    return []
