"""Upptime repositories made with git, as nasty as real ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

NOON = 1_760_011_200
"""2025-10-09T12:00Z."""
RC = """
owner: o
sites:
  - {name: Shop, url: "https://shop.test", expectedStatusCodes: [200]}
  - {name: Pages, url: "https://o.github.io"}
"""


def git(folder: Path, *words: str, at: float = NOON, committed: float | None = None) -> None:
    """Run git there; `at` is when the author wrote, `committed` when it was committed."""
    dates = {
        "GIT_AUTHOR_DATE": f"{int(at)} +0530",
        "GIT_COMMITTER_DATE": f"{int(at if committed is None else committed)} +0000",
    }
    who = ["-c", "user.name=u", "-c", "user.email=u@x.test", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, **dates, "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", "-C", str(folder), *who, "-c", "protocol.file.allow=always", *words]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def begin(folder: Path, rc: str = RC, origin: str = "") -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "master")
    if origin:
        git(folder, "remote", "add", "origin", origin)
    write(folder, ".upptimerc.yml", rc, "Initial commit", at=NOON - 90_000)
    return folder


def write(folder: Path, path: str, text: str, message: str, at: float) -> None:
    """Commit a file."""
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message, at=at)


def say(folder: Path, message: str, at: float, committed: float | None = None) -> None:
    """Commit a message alone."""
    git(folder, "commit", "-q", "--allow-empty", "-m", message, at=at, committed=committed)


def fall(folder: Path, at: float = NOON) -> Path:
    """The Shop is up, down, and up again."""
    say(folder, "🟩 Shop is up (200 in 90 ms) [skip ci] [upptime]", at - 3600)
    say(folder, "🟥 Shop is down (500 in 120 ms) [skip ci] [upptime]", at)
    say(folder, "🟩 Shop is up (200 in 80 ms) [skip ci] [upptime]", at + 900)
    return folder
