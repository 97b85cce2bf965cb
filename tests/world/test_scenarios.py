"""Scenario files: their times, their shortening, and what a wrong one is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from downwind.terms import ModelError, UsageError
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.scenario import load_scenario, packaged

_TEXT = """
scenario: storm
title: {en: Storm}
about: {en: An emulation.}
world: w.yaml
start: 2026-01-01T10:00:00Z
end: "15:00"
fault: {scope: hill/cdn, mode: errors, onset: "10:10", until: "14:00"}
timeline:
  - {at: "10:10", do: break}
  - {at: "10:12", tell: {en: It begins.}}
  - {at: "14:00", do: mend}
"""


def _file(folder: Path, text: str = _TEXT) -> str:
    (folder / "w.yaml").write_text("world: w")
    (folder / "s.yaml").write_text(text)
    return str(folder / "s.yaml")


def _epoch(hour: int, minute: int) -> float:
    return datetime(2026, 1, 1, hour, minute, tzinfo=UTC).timestamp()


def test_a_scenario_lies_on_the_clock_of_its_day(tmp_path: Path) -> None:
    found = load_scenario(_file(tmp_path))
    assert (found.onset, found.until, found.end) == (
        _epoch(10, 10),
        _epoch(14, 0),
        _epoch(15, 0),
    )
    assert found.said(_epoch(11, 0)) == _epoch(11, 0)


def test_shortening_keeps_the_order_and_shrinks_only_long_gaps(tmp_path: Path) -> None:
    found = load_scenario(_file(tmp_path), longest_gap=600.0)
    assert found.onset == _epoch(10, 10)
    assert found.until == _epoch(10, 22)
    assert found.end == _epoch(10, 32)
    assert found.said(found.until) == _epoch(14, 0)
    assert [event.said_at for event in found.events] == [
        _epoch(10, 10),
        _epoch(10, 12),
        _epoch(14, 0),
    ]


def test_a_time_before_the_start_is_one_of_the_next_day(tmp_path: Path) -> None:
    found = load_scenario(_file(tmp_path, _TEXT.replace('end: "15:00"', 'end: "01:00"')))
    assert found.end == datetime(2026, 1, 2, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("world: w.yaml", "world: nowhere", "there is no world 'nowhere'"),
        ("mode: errors", "mood: errors", "fault.mood: nobody knows this key"),
        ('until: "14:00"', 'until: "10:05"', "the times must run start <= onset < until <= end"),
        ("scope: hill/cdn", "scope: Hill CDN", "is not a scope"),
        ('"10:12"', '"25:12"', "'25:12' is no time of day"),
        ('"10:12"', '"soon"', "timeline.1.at"),
        ("do: mend", "do: pray", "timeline.2.do"),
        ("title: {en: Storm}", "title: {}", "title"),
        (
            'until: "14:00"',
            'until: "14:00", recovered: "13:59"',
            "has recovered before it is mended",
        ),
        ('until: "14:00"', 'until: "14:00", recovered: later', "fault.recovered"),
        (
            'end: "15:00"',
            'end: "15:00"\nspeed: 0',
            "speed: Input should be greater than or equal to 1",
        ),
        (
            'end: "15:00"',
            'end: "15:00"\nspeed: 2001',
            "speed: Input should be less than or equal to 2000",
        ),
        ('end: "15:00"', 'end: "15:00"\nspeed: quick', "speed: Input should be a valid number"),
    ],
)
def test_a_wrong_scenario_is_told_where_and_what(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(ModelError) as raised:
        load_scenario(_file(tmp_path, _TEXT.replace(old, new)))
    assert complaint in str(raised.value)
    assert "s.yaml" in str(raised.value)


def test_control_planes_recover_as_told_and_else_in_ten_minutes(tmp_path: Path) -> None:
    told = _TEXT.replace('until: "14:00"', 'until: "14:00", recovered: "14:50"')
    assert load_scenario(_file(tmp_path)).recovery == 600.0
    assert load_scenario(_file(tmp_path, told)).recovery == 3_000.0
    # It is a moment like any other: a shortened timeline shortens it.
    assert load_scenario(_file(tmp_path, told), longest_gap=600.0).recovery == 600.0
    at_once = told.replace("14:50", "14:00")
    assert load_scenario(_file(tmp_path, at_once)).recovery == 0.0


def test_a_scenario_plays_at_its_own_speed_and_else_at_480(tmp_path: Path) -> None:
    assert load_scenario(_file(tmp_path)).spec.speed == 480.0
    slow = _TEXT.replace('end: "15:00"', 'end: "15:00"\nspeed: 240')
    assert load_scenario(_file(tmp_path, slow)).spec.speed == 240.0


def test_an_announcement_is_an_order_with_its_words(tmp_path: Path) -> None:
    words = "{state: investigating, impact: major, title: Errors, text: We look}"
    said = _TEXT.replace("tell: {en: It begins.}", f"do: announce, with: {words}")
    orders = [event.order for event in load_scenario(_file(tmp_path, said)).events]
    assert orders[1] == {
        "do": "announce",
        "state": "investigating",
        "impact": "major",
        "title": "Errors",
        "text": "We look",
    }


def test_a_wrong_scenario_is_sent_to_the_page_on_scenarios(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        load_scenario(_file(tmp_path, _TEXT.replace("mode: errors", "mood: errors")))
    assert raised.value.todo == "The form is in docs/scenario-file.md."


def test_an_unknown_scenario_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="cloudflare-2025-11-18"):
        load_scenario("atlantis-1900-01-01")


@pytest.mark.parametrize("name", list(packaged("scenarios")))
def test_every_scenario_that_comes_along_is_valid_and_tells_its_story_in_both_languages(
    name: str,
) -> None:
    found = load_scenario(name)
    check_scenario(found, load_world(found.world_file))
    assert found.name == name
    for event in found.events:
        assert event.order or event.tell
        assert not event.tell or {"en", "fr"} <= set(event.tell)
    assert {"en", "fr"} <= set(found.spec.title)
    assert "no real provider" in found.spec.about["en"].lower()
    assert all(report.source for report in found.spec.reported)
