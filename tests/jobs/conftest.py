"""The four outages, played once in one world for all tests that look at them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

Form = Mapping[str, Any]


def replayed(*words: str) -> tuple[int, Any, str]:
    """Exit code, JSON and standard error of a shortened replay."""
    command = [sys.executable, "-m", "downwind", "replay", *words, "--json", "--shorten", "10m"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=220, check=False)
    return run.returncode, json.loads(run.stdout or "null"), run.stderr


@pytest.fixture(scope="session")
def told() -> dict[str, Form]:
    """Each scenario's JSON, in the plain deal."""
    code, forms, err = replayed("--all")
    assert code == 0, err
    return {form["scenario"]: form for form in forms}
