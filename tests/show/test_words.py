"""The words of a replay: the same keys and the same places to fill in every language."""

import string

import pytest

from downwind.show.words import words
from downwind.terms import State, UsageError


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_english_and_french_say_the_same_things() -> None:
    english, french = words("en"), words("fr")
    assert set(english.texts) == set(french.texts)
    for key in english.texts:
        assert _fields(english.texts[key]) == _fields(french.texts[key]), key


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no language 'tlh'\. Use en or fr."):
        words("tlh")


def test_shares_and_states_are_written_as_the_language_has_it() -> None:
    assert words("fr").percent(0.97) == "97\N{NO-BREAK SPACE}%"
    assert words("en").percent(None) == "n/a"
    assert words("fr").state(State.DOWN) == "à terre"
    assert words("en").state(None) == "-"
