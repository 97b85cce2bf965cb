"""One catalogue for all tests that only ask it."""

import pytest

from downwind.catalog import Catalog


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()
