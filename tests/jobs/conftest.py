"""The four outages, played once in one world for all tests that look at them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.jobs.playing import replayed

Form = Mapping[str, Any]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Who looks at the plain deal stays in one worker, so that it is played once."""
    for item in items:
        if "told" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("told"))


@pytest.fixture(scope="session")
def told() -> dict[str, Form]:
    """Each scenario's JSON, in the plain deal."""
    code, forms, err = replayed("--all")
    assert code == 0, err
    return {form["scenario"]: form for form in forms}
