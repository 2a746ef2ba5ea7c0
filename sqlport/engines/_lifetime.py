"""Nothing is left behind: what was started ends with this process, however the process ends."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

#: Runs when the process that holds the other end of the pipe is gone without having cleaned up (SIGKILL, a
#: crash). `$1` is the private directory of a server, whose file `pid` names what was last started there: the
#: server, or initdb with its children. It is stopped only when the process still is that one, since process
#: numbers are reused, and not by SIGKILL, after which PostgreSQL would leave shared memory behind.
ORPHANED_SERVER = """
trap '' HUP INT QUIT TERM
read -r _ && exit 0
pid=$(cat "$1/pid" 2>/dev/null)
ours() {
  args=$(ps -ww -o args= -p "$pid" 2>/dev/null || tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)
  case "$args" in *"$1/data"*) return 0 ;; *) return 1 ;; esac
}
if [ -n "$pid" ] && ours "$1"; then
  case "$args" in *initdb*|*--single*) kill -TERM -- "-$pid" ;; *) kill -QUIT "$pid" ;; esac 2>/dev/null
  n=0
  while ours "$1" && [ "$n" -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
fi
n=0
while [ -e "$1" ] && [ "$n" -lt 20 ]; do rm -rf -- "$1" || sleep 0.1; n=$((n + 1)); done
"""


@contextmanager
def guarded(cleanup: Callable[[], None], orphaned: Sequence[str]) -> Iterator[None]:
    """Run `cleanup` once, however the block or the process ends.

    Normal exit, exceptions and Ctrl-C unwind the block; SIGTERM and SIGHUP are turned into SystemExit while the
    block runs (unless the program handles them itself); `atexit` covers a block that was never left; and for a
    process that is killed, a shell that waits at a pipe runs `orphaned`, a script and its arguments.
    """
    owner = os.getpid()
    begun, finished = threading.Event(), threading.Event()

    def once() -> None:
        if not begun.is_set() and os.getpid() == owner:
            begun.set()
            cleanup()
            finished.set()

    atexit.register(once)
    try:
        with _watched(orphaned, finished), _signals_unwind():
            try:
                yield
            finally:
                once()
    finally:
        atexit.unregister(once)


@contextmanager
def _watched(orphaned: Sequence[str], finished: threading.Event) -> Iterator[None]:
    """Keep a shell waiting that runs the script when this process disappears or could not finish cleaning up."""
    if os.name == "nt":
        yield
        return
    script, *arguments = orphaned
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", script, "sqlport-watch", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield
    finally:
        watcher.communicate(b"done\n" if finished.is_set() else b"")


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave the block by SystemExit (128 + number), where nobody else handles them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken: list[signal.Signals] = []

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)
            taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            if signal.getsignal(number) is leave:
                signal.signal(number, signal.SIG_DFL)
