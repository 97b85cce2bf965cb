"""Whoever is measured learns whom to ask: the contact goes into the User-Agent."""

import json
from pathlib import Path

import pytest

from downwind.show.cli.network import open_network
from downwind.terms import UsageError

HANDOUT = {
    "vantage": "t",
    "resolvers": [],
    "dial": {},
    "trust": "",
    "allowed": [],
    "clock": {"scenario": 0, "monotonic": 0, "speed": 1},
}


def _file(tmp_path: Path) -> Path:
    file = tmp_path / "handout.json"
    file.write_text(json.dumps(HANDOUT))
    return file


def test_a_contact_is_told_in_a_real_and_in_an_emulated_internet(tmp_path: Path) -> None:
    told = "(+https://ops.test/scans)"
    assert told in open_network(_file(tmp_path), [], "https://ops.test/scans").agent
    assert told in open_network(None, [], "https://ops.test/scans").agent
    assert open_network(_file(tmp_path), []).agent == open_network(None, []).agent


def test_strangers_are_treated_politely_and_an_emulated_internet_by_its_own_limits(
    tmp_path: Path,
) -> None:
    assert open_network(None, []).manners.host_wait == 1.0
    assert open_network(_file(tmp_path), []).manners.host_wait == 0.0


def test_a_contact_that_would_break_its_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no contact"):
        open_network(_file(tmp_path), [], "a\r\nX: b")
