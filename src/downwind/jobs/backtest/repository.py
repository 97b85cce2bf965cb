"""Reads an Upptime repository: its sites file, and the history that git keeps of its probes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

from downwind.evidence.upptime import BadRow, Read, read_commits, read_sites_file
from downwind.terms import CannotMeasure, UsageError

SITES_FILE = ".upptimerc.yml"
MOST_COMMITS = 2_000_000
_LONGEST_LINE = 4096


def is_repository(folder: Path) -> bool:
    """True where the folder is a clone with Upptime's sites file."""
    return (folder / SITES_FILE).is_file() and (folder / ".git").exists()


def read_repository(folder: Path, name: str | None = None) -> Read:
    """All that the history tells; `name` is OWNER/REPOSITORY, else the clone's origin says it.

    Raises UsageError where it is no Upptime repository, CannotMeasure where git cannot read it.
    """
    if not is_repository(folder):
        raise UsageError(f"it is no clone with a {SITES_FILE}.", where=str(folder))
    bad: list[BadRow] = []
    repository = name or _name_of(folder)
    file = folder / SITES_FILE
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}.", where=str(file)) from error
    sites = read_sites_file(repository, text, str(file), bad)
    by_name = {site.name: site for site in sites}
    lines = _git_lines(folder, "log", "--no-color", "--format=%H%x09%ct%x09%s", "HEAD")
    return Read.of(list(read_commits(repository, lines, by_name, bad)), sites, bad)


def _name_of(folder: Path) -> str:
    """OWNER/REPOSITORY by the origin's address, else the folder's name."""
    lines = _git_lines(folder, "config", "--default", "", "--get", "remote.origin.url")
    address = next(lines, "").strip().rstrip("/").removesuffix(".git")
    lines.close()
    parts = address.replace(":", "/").split("/")[-2:]
    known = len(parts) == 2 and all(parts) and all(part.isprintable() for part in parts)
    return "/".join(parts) if known else folder.resolve().name


def _git_lines(folder: Path, *arguments: str) -> Generator[str, None, None]:
    """What git prints, line by line. Nothing of the clone's own configuration is run."""
    quiet = (
        "-c",
        "core.fsmonitor=",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "log.showSignature=no",
    )
    command = ["git", *quiet, "-C", str(folder), *arguments]
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "LC_ALL": "C.UTF-8",
    }
    try:
        process = subprocess.Popen(  # noqa: S603  # git, found in PATH, with arguments of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise CannotMeasure(f"git cannot be run: {error.strerror}.", todo="Install git.") from error
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        for number, line in enumerate(process.stdout):
            if number >= MOST_COMMITS:
                return
            yield line[:_LONGEST_LINE]
        if process.wait() != 0:
            said = process.stderr.read(300).strip()
            raise CannotMeasure(f"git could not read it: {said!r}.", where=str(folder))
    finally:
        process.stdout.close()
        process.stderr.close()
        if process.poll() is None:
            process.kill()
        process.wait()
