"""Lines end where French and English let them, and under their margin."""

import pytest
from rich.text import Text

from downwind.show.lines import print_lines
from tests.show.island import console, text


@pytest.mark.parametrize("width", range(20, 60))
def test_no_line_ends_before_a_french_colon_or_inside_a_quotation(width: int) -> None:
    out = console(width)
    said = "La page dit : « rien ». À terre ; debout : 27\N{NO-BREAK SPACE}% des usagers !"
    print_lines(out, said)
    lines = text(out).splitlines()
    assert max(map(len, lines)) <= width
    assert not any(line.startswith((":", ";", "»", "%", "!")) for line in lines)
    assert not any(line.endswith("«") for line in lines)
    assert " ".join(lines) == said


def test_what_follows_stays_under_the_margin_and_a_long_word_is_cut() -> None:
    out = console(27)
    print_lines(out, "a b " + "x" * 25 + " c", head="07:20  ")
    assert text(out).splitlines() == [
        "07:20  a b",
        "       " + "x" * 20,
        "       " + "x" * 5 + " c",
    ]


def test_control_characters_are_replaced_and_lines_of_the_text_are_kept() -> None:
    out = console()
    print_lines(out, Text("one\x1b[2J\ntwo"))
    assert text(out).splitlines() == ["one\N{REPLACEMENT CHARACTER}[2J", "two"]
