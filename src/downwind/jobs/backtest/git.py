"""What git tells of a clone: nothing that the clone configures is run, and nothing is fetched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from downwind.terms import CannotMeasure

MOST_LINES = 4_000_000
_LONGEST_LINE = 4096
_QUIET = (
    "-c",
    "core.fsmonitor=",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.quotePath=false",
    "-c",
    "log.showSignature=no",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
    "-c",
    "safe.directory=*",  # a clone that somebody else owns is only read
)
# A clone without its blobs would fetch them, by whatever command its configuration names.
_ALONE = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C.UTF-8",
}


def git_lines(folder: Path, *arguments: str) -> Generator[str, None, None]:
    """What git prints, line by line, each cut at 4096 characters; raises CannotMeasure."""
    process = _start(folder, arguments, subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        for number, line in enumerate(process.stdout):
            if number >= MOST_LINES:
                return
            yield line.decode("utf-8", "replace")[:_LONGEST_LINE]
        if process.wait() != 0:
            said = process.stderr.read(300).decode("utf-8", "replace").strip()
            raise CannotMeasure(f"git could not read it: {said!r}.", where=str(folder))
    finally:
        process.stdout.close()
        process.stderr.close()
        if process.poll() is None:
            process.kill()
        process.wait()


def git_files(folder: Path, names: Iterable[str]) -> Iterator[str | None]:
    """The text of each object (HASH, or HASH:PATH); None where the clone does not have it."""
    process = _start(folder, ("cat-file", "--batch"), subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        for name in names:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if len(head) != 3 or not head[2].isdigit():
                yield None
                continue
            body = process.stdout.read(int(head[2]) + 1)[:-1]
            yield body.decode("utf-8", "replace") if head[1] == b"blob" else None
    except BrokenPipeError:
        raise CannotMeasure("git ended while it was asked.", where=str(folder)) from None
    finally:
        for each in (process.stdin, process.stdout, process.stderr):
            each.close()
        process.kill()
        process.wait()


def _start(folder: Path, arguments: Iterable[str], stdin: int) -> subprocess.Popen[bytes]:
    # Within a hook of git its own variables would lead to another repository, and a folder whose
    # own is broken to that around it.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        command = ["git", *_QUIET, "-C", str(folder), *arguments]
        return subprocess.Popen(  # noqa: S603  # git, found in PATH, with arguments of ours
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited, **_ALONE, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)},
        )
    except OSError as error:
        raise CannotMeasure(f"git cannot be run: {error.strerror}.", todo="Install git.") from error
