"""The words of a replay: the same keys and the same places to fill in every language."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from downwind import show
from downwind.catalog.roles import ROLES
from downwind.questions.claims import REASONS
from downwind.show.words import words
from downwind.terms import State, UsageError
from downwind.world.form.scenario import packaged

VERDICTS = ("provider", "suspected", "own", "vantage", "unknown", "quiet")


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


def _literals() -> Iterator[tuple[str, bool]]:
    """Each text in the code of the room show; for one with places to fill in, its beginning."""
    for file in Path(show.__file__).parent.rglob("*.py"):
        for found in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(found, ast.Constant) and isinstance(found.value, str):
                yield found.value, False
            if isinstance(found, ast.JoinedStr) and isinstance(found.values[0], ast.Constant):
                yield str(found.values[0].value), True


def test_every_text_is_used_somewhere() -> None:
    whole = {text for text, open_ in _literals() if not open_}
    begun = {text for text, open_ in _literals() if open_ and re.fullmatch(r"\w+[. ]", text)}
    ends = whole | {*State, *ROLES, *REASONS, *REASONS.values(), *VERDICTS}

    def is_used(key: str) -> bool:
        key = key.removesuffix(".one")
        return key in whole or any(
            key.startswith(head) and key.removeprefix(head) in ends for head in begun
        )

    assert [key for key in words("en").texts if not is_used(key)] == []


def test_every_reason_verdict_state_and_role_has_its_text() -> None:
    texts = words("en").texts
    assert {f"claim.{reason}" for reason in (*REASONS, *REASONS.values())} <= set(texts)
    assert {f"verdict.{verdict}" for verdict in VERDICTS} <= set(texts)
    assert {f"state.{state}" for state in State} <= set(texts)
    assert {key for key in texts if key.startswith("role.")} == {f"role.{r}" for r in ROLES}


def test_one_is_told_otherwise_than_many_where_there_is_a_text_for_it() -> None:
    say = words("fr")
    assert say.say("now degraded", count=1, names="A") == "dégradé : A"
    assert say.say("now degraded", count=2, names="A, B") == "dégradés : A, B"
    assert say.say("now down", count=1, names="A") == "à terre : A"


def test_french_texts_have_no_place_where_a_name_would_want_an_elision() -> None:
    eliding = re.compile(
        r"\b(?:de|que|le|la|ne|jusque|lorsque) \{(?!day|since|smallest|time)", re.IGNORECASE
    )
    texts = dict(words("fr").texts)
    for name, file in packaged("scenarios").items():
        texts[name] = file.read_text(encoding="utf-8")
    assert [key for key, text in texts.items() if eliding.search(text)] == []
