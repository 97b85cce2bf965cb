"""Words of verdicts that page, terminal and replay share."""

import pytest

from downwind.show.watch_text import sure, without_asides


@pytest.mark.parametrize(
    ("confidence", "told"), [(0.5, "50%"), (0.994, "99%"), (0.996, "over 99%"), (1.0, "over 99%")]
)
def test_no_verdict_is_called_certain(confidence: float, told: str) -> None:
    assert sure(confidence) == told


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail would fall with it (a needs b)", "mail would fall with it"),
        ("a (by (c) and d); b (e)", "a; b"),
        ("no end (of it", "no end"),
        ("a) b", "a) b"),
        ("", ""),
    ],
)
def test_asides_are_left_out_whole(text: str, left: str) -> None:
    assert without_asides(text) == left
