"""The four outages, played once in one world for all tests that look at them."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.jobs.playing import replayed

Form = Mapping[str, Any]


@pytest.fixture(scope="session")
def told() -> dict[str, Form]:
    """Each scenario's JSON, in the plain deal."""
    code, forms, err = replayed("--all")
    assert code == 0, err
    return {form["scenario"]: form for form in forms}
