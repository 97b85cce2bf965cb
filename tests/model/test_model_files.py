"""Model files: what they become, and what a wrong one is told."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.model import (
    load_model,
    model_from_texts,
    parse_duration,
    read_yaml,
    say_duration,
)
from downwind.terms import ModelError

_GOOD = """
services:
  - name: x.test
    title: X
    capabilities:
      - id: feed
        journey:
          - {do: get, url: "https://x.test/feed", expect: {contains: posts, json: {user: ada}}}
        declares:
          - {need: edge, any_of: [cloudflare/proxy, fastly/cdn], grace: 5m, known_since: 2025-11-18}
"""


def _load(text: str, **environment: str) -> object:
    return model_from_texts([("model.yaml", text)], environment)


def test_a_model_file_becomes_frozen_types() -> None:
    model = model_from_texts([("model.yaml", _GOOD)])
    ((key, service, capability),) = model.capabilities()
    assert (key, service.title) == ("x.test/feed", "X")
    need = capability.declares[0]
    assert (need.grace, need.known_since, need.k) == (300.0, date(2025, 11, 18), 1)
    assert capability.journey[0].expect.json == {"user": "ada"}
    with pytest.raises(ValueError, match="frozen"):
        service.title = "Y"


def test_a_folder_of_files_is_one_model(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("services: [{name: a.test, capabilities: [{id: use}]}]")
    (tmp_path / "b.yml").write_text("components: [{id: origin}]")
    model = load_model([tmp_path])
    assert [s.name for s in model.services] == ["a.test"]
    assert [c.id for c in model.components] == ["origin"]


def test_the_environment_fills_in_upper_case_names_only() -> None:
    text = "services: [{name: a.test, title: '${TITLE} ${user}', capabilities: [{id: use}]}]"
    model = model_from_texts([("m", text)], {"TITLE": "A"})
    assert model.services[0].title == "A ${user}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "model.yaml: the file is empty. Write `services:` in it."),
        ("- a", "a model is a mapping, not a list"),
        ("services: [", "model.yaml:2:1: this is not valid YAML"),
        (
            "services: []\nservices: []",
            "model.yaml:2:1: this is not valid YAML: the key 'services'",
        ),
        ("servises: []", "servises: nobody knows this key; is it a typo?"),
        ("services: [{name: a.test}]", "services.0.capabilities: this is missing"),
        (
            "services: [{name: a.test, capabilities: [{id: u, journey: [{url: a.test}]}]}]",
            "journey.0.url: it begins with neither https:// nor http://. The form",
        ),
        ("services: [{name: 010}]", "services.0.name: this is a number, and a text is wanted"),
        ("services: 09876543210", "services: Input should be a valid"),
        (
            "watch: {maintenance: [{begins: 2026-13-45}]}",
            "this is not valid YAML: month must be in",
        ),
        (
            "watch: {every: 30 seconds}",
            "Write 90s, 5m, 4h or 1h30m. The form is in docs/watch-file.md",
        ),
        (
            "services: [{name: a.test, capabilities: [{id: use}, {id: use}]}]",
            "the capability of a.test 'use' is there twice",
        ),
        (
            "services: [{name: a.test, capabilities: [{id: u, declares: "
            "[{need: n, any_of: [a], k: 2}]}]}]",
            "k is 2, but any_of names only 1 alternatives",
        ),
        (
            "services: [{name: a.test, capabilities: [{id: u, declares: "
            "[{need: n, any_of: [a], grace: soon}]}]}]",
            "'soon' is not a duration",
        ),
        (
            "services: [{name: a.test, capabilities: [{id: u, journey: [{do: message, "
            "url: 'https://a.test/'}]}]}]",
            "a message step needs sender, to and text",
        ),
        ("services: &all [*all]", "a part of it holds itself"),
        ("services: [{name: '${NOWHERE}', capabilities: [{id: use}]}]", "Set NOWHERE."),
        ("!!python/object/apply:os.system ['true']", "this is not valid YAML"),
    ],
)
def test_a_wrong_file_is_told_where_and_what(text: str, complaint: str) -> None:
    with pytest.raises(ModelError) as raised:
        _load(text)
    assert complaint in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "number"),
    [("010", 10), ("0o10", 8), ("0x1F", 31), ("-7", -7), ("+08", 8), ("0987654321", 987654321)],
)
def test_whole_numbers_are_read_as_yaml_1_2_does(text: str, number: int) -> None:
    assert read_yaml(f"a: {text}", "m.yaml") == {"a": number}


def test_a_file_that_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "bytes.yaml").write_bytes(b"services: \xff")
    with pytest.raises(ModelError, match="it is not UTF-8 text"):
        load_model([tmp_path / "bytes.yaml"])
    with pytest.raises(ModelError, match="No such file"):
        load_model([tmp_path / "none.yaml"])


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), (90, 90), ("5m", 300), ("1h30m", 5400), ("2d", 172800)]
)
def test_durations_are_read_as_people_write_them(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == seconds


def test_one_fault_in_many_services_is_told_once_and_others_are_not_lost() -> None:
    services = "\n".join(f"  - {{name: s{n}.test, capabilites: [], weight: -1}}" for n in range(12))
    with pytest.raises(ModelError) as refused:
        model_from_texts([("m.yaml", f"services:\n{services}\n")], {})
    told = str(refused.value)
    assert told.count("nobody knows this key") == 1
    assert "services.0.capabilites: nobody knows this key; is it a typo? (and 11 more so)" in told
    assert "services.0.weight" in told


@pytest.mark.parametrize("text", ["", "soon", "-5", "5 parsecs", "1e9999", True])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**7))
def test_whole_seconds_survive_being_written_and_read(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == seconds


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (45, "45 s"),
        (720, "12 min"),
        (11400, "3 h 10 min"),
        (14400, "4 h"),
        (7195, "2 h"),
        (10795, "3 h"),
        (187200, "2 d 4 h"),
        (172795, "2 d"),
        (431995, "5 d"),
    ],
)
def test_durations_are_said_as_a_reader_expects(seconds: float, said: str) -> None:
    assert say_duration(seconds) == said


def test_words_that_yaml_once_took_for_switches_and_times_stay_words() -> None:
    read = read_yaml("{on: no, at: 11:20, sure: true, n: 10, base: 0x10, day: 2025-11-18}", "m")
    assert read == {
        "on": "no",
        "at": "11:20",
        "sure": True,
        "n": 10,
        "base": 16,
        "day": date(2025, 11, 18),
    }
