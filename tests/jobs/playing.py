"""Runs replays as a user does. Two may play at once; one that fails then is tried again alone.

Replays keep time, and two of them on two cores are no fair trial: the pace is lowered as far as was
measured before anything was broken, and no further. So the first try shares the machine with one
more, and only a second one, that has it to itself, counts as a failure.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LONGEST = 220
"""Seconds."""
_PLAIN = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1"}


def played(*words: str, code: int = 0, columns: int = 100) -> tuple[int, str, str]:
    """Exit code, output and standard error of a shortened replay that should end with `code`."""
    command = [sys.executable, "-m", "downwind", "replay", *words, "--shorten", "10m"]
    environment = {**_PLAIN, "COLUMNS": str(columns)}
    for alone in (False, True):
        with _machine(alone=alone):
            run = subprocess.run(
                command,
                capture_output=True,
                text=True,
                env=environment,
                timeout=_LONGEST,
                check=False,
            )
        if run.returncode == code:
            break
    return run.returncode, run.stdout, run.stderr


def replayed(*words: str, code: int = 0) -> tuple[int, Any, str]:
    """The same with the JSON that it prints; None where it prints none."""
    ended, out, err = played(*words, "--json", code=code)
    return ended, json.loads(out or "null"), err


@contextmanager
def _machine(*, alone: bool) -> Iterator[None]:
    """Hold the machine, with others or alone; all processes of the same tests keep to it."""
    file = Path(tempfile.gettempdir()) / f"downwind-replays-{os.getuid()}"
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
