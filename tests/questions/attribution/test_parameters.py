"""The parameters that the documentation tells are those of the code."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from downwind.questions.attribution.parameters import PLAIN

PAGE = Path(__file__).parents[3] / "docs" / "attribution.md"
ROW = re.compile(r"^\| [^|]* \(`(\w+)`\) \| ([0-9.e-]+) \|", re.MULTILINE)
TOLD = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))


def test_every_parameter_of_the_model_is_told() -> None:
    searching = {
        "at_most",
        "beam",
        "beam_of_pairs",
        "pairs",
        "seeds",
        "places",
        "hopeless",
        "depth",
    }
    assert TOLD.keys() == asdict(PLAIN).keys() - searching


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_of_a_parameter_is_its_value(name: str) -> None:
    assert float(TOLD[name]) == asdict(PLAIN)[name]
