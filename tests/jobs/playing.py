"""Runs replays as a user does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_LONGEST = 220
"""Seconds."""
_PLAIN = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1"}


def played(*words: str, columns: int = 100) -> tuple[int, str, str]:
    """Exit code, output and standard error of a shortened replay."""
    run = subprocess.run(
        [sys.executable, "-m", "downwind", "replay", *words, "--shorten", "10m"],
        capture_output=True,
        text=True,
        env={**_PLAIN, "COLUMNS": str(columns)},
        timeout=_LONGEST,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr


def replayed(*words: str) -> tuple[int, Any, str]:
    """The same with the JSON that it prints; None where it prints none."""
    code, out, err = played(*words, "--json")
    return code, json.loads(out or "null"), err
