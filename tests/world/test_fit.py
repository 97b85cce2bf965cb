"""A scenario is held against its world before anything starts, and told what does not fit."""

from pathlib import Path

import pytest

from downwind.jobs.replay import Options, replay
from downwind.terms import ModelError
from downwind.world.form.deal import deal
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.scenario import load_scenario

from .conftest import SMALL
from .planes import PLANES

_TEXT = """
scenario: storm
title: {en: Storm}
about: {en: An emulation.}
world: small.yaml
start: 2026-01-01T10:00:00Z
end: "15:00"
fault: {scope: acme/proxy, mode: errors, onset: "10:10", until: "14:00"}
timeline:
  - {at: "10:10", do: break, with: {share: 0.5}}
  - {at: "10:20", do: set, with: {share: 1.0}}
  - {at: "14:00", do: mend}
reported:
  - {service: news.test, capability: read, state: down, source: made up}
"""
_WORLD = SMALL.read_text(encoding="utf-8").replace(
    "  - name: news.test\n",
    "  - name: news.test\n    capabilities: [{id: read}, {id: write}]\n",
)


def check(folder: Path, text: str, *, seed: int | None = None) -> None:
    (folder / "small.yaml").write_text(_WORLD)
    (folder / "s.yaml").write_text(text)
    scenario = load_scenario(str(folder / "s.yaml"), longest_gap=900.0)
    check_scenario(scenario, deal(load_world(scenario.world_file), seed))


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ModelError) as caught:
        check(folder, text)
    assert caught.value.exit_code == 2
    assert caught.value.where == str(folder / "s.yaml")
    assert caught.value.todo == "The form is in docs/scenario-file.md."
    return caught.value.what


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(
    "fault",
    [
        "scope: acme, mode: errors",
        "scope: acme, mode: lame",
        "scope: acme, mode: feature-file",
        "scope: acme/proxy, mode: silent",
        "scope: 'acme/proxy#bots', mode: errors",
        "scope: 'acme/proxy#bots', mode: feature-file",
        "scope: 'acme#bots', mode: errors",
        "scope: nimbus/*/east-1, mode: refused",
        "scope: nimbus/vm/east-1/a, mode: silent",
        "scope: nimbus/tables/west-1, mode: empty-record",
        "scope: nimbus/certificates, mode: no-issuance",
    ],
)
def test_a_scenario_that_fits_is_left_in_peace(
    tmp_path: Path, fault: str, seed: int | None
) -> None:
    check(tmp_path, _TEXT.replace("scope: acme/proxy, mode: errors", fault), seed=seed)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "scope: fog, mode: errors",
            "fault.scope: there is no provider 'fog'; there is acme, zephyr, nimbus",
        ),
        (
            "scope: acme/wall, mode: errors",
            "fault.scope: acme has no product 'wall'; there is dns, proxy",
        ),
        (
            "scope: nimbus/vm/east-9, mode: errors",
            "fault.scope: nimbus/vm has no region 'east-9'; there is east-1, west-1",
        ),
        (
            "scope: nimbus/*/east-9, mode: errors",
            "fault.scope: nimbus has no region 'east-9'; there is east-1, west-1",
        ),
        (
            "scope: acme/proxy/east-1, mode: errors",
            "fault.scope: acme/proxy has no region 'east-1'; there is none",
        ),
        ("scope: nimbus/*, mode: errors", "fault.scope: `*` stands before a region"),
        ("scope: nimbus/*/east-1/a, mode: errors", "fault.scope: `*` stands before a region"),
        (
            "scope: nimbus/vm/east-1/z, mode: errors",
            "fault.scope: nimbus/vm/east-1 has no zone 'z'; there is a, b",
        ),
        (
            "scope: nimbus/tables/east-1/a, mode: errors",
            "fault.scope: nimbus/tables is a keyvalue; only compute has zones",
        ),
        (
            "scope: 'acme/proxy#waf', mode: errors",
            "fault.scope: acme/proxy has no variant 'waf'; there is bots",
        ),
        (
            "scope: 'acme/proxy#bots+waf', mode: errors",
            "fault.scope: acme/proxy has no variant 'bots+waf'; there is bots",
        ),
        (
            "scope: 'zephyr#bots', mode: errors",
            "fault.scope: zephyr has no variant 'bots'; there is none",
        ),
        (
            "scope: nimbus/vm/east-1, mode: lame",
            "fault.mode: nimbus/vm/east-1 knows no mode 'lame'; it knows errors, refused, silent",
        ),
        (
            "scope: 'acme/proxy#bots', mode: silent",
            "fault.mode: acme/proxy#bots knows no mode 'silent'; "
            "a variant can have errors, feature-file",
        ),
        (
            "scope: zephyr/cdn, mode: feature-file",
            "fault.mode: feature-file breaks a bot filter, which comes with a variant, "
            "and zephyr/cdn has none",
        ),
        (
            "scope: zephyr/cdn, mode: killswitch",
            "fault.mode: killswitch breaks the firewall's rules, which come with a variant, "
            "and zephyr/cdn has none",
        ),
        (
            "scope: 'nimbus/vm/east-1#control', mode: errors",
            "fault.scope: nimbus/vm/east-1 has no variant 'control'; there is none",
        ),
        (
            "scope: nimbus/tables/east-1, mode: blank-policy",
            "fault.mode: nimbus/tables/east-1 knows no mode 'blank-policy'; it knows empty-record",
        ),
    ],
)
def test_a_fault_that_hits_nothing_is_told_with_what_there_is(
    tmp_path: Path, fault: str, said: str
) -> None:
    assert said in complaint(tmp_path, _TEXT.replace("scope: acme/proxy, mode: errors", fault))


_ORDER = "timeline: `do: set` comes after `do: break` and before `do: mend`"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("do: break, with: {share: 0.5}", "tell: {en: Oh.}", "at the fault's onset; there is none"),
        ("do: set", "do: break", "at the fault's onset; there are 2"),
        (", do: mend}", ", tell: {en: Oh.}}", "at the fault's until; there is none"),
        (
            '"14:00", do: mend',
            '"13:00", do: mend',
            "timeline: `do: mend` is not at the fault's until",
        ),
        (
            '"10:10", do: break',
            '"10:15", do: break',
            "timeline: `do: break` comes after the fault's onset",
        ),
        ('"10:20", do: set', '"10:05", do: set', _ORDER),
        ('"10:20", do: set', '"14:20", do: set', _ORDER),
        (
            "with: {share: 1.0}",
            "with: {scope: zephyr}",
            "timeline.1.with.scope: the timeline orders",
        ),
        ("with: {share: 1.0}", "with: {mode: silent}", "timeline.1.with.mode: the timeline orders"),
        ("with: {share: 1.0}", "with: {do: mend}", "timeline.1.with.do: the timeline orders"),
        (
            "with: {share: 1.0}",
            "with: {shere: 1.0}",
            "timeline.1.with.shere: nobody knows this word; there are share, updated, generate",
        ),
        ("with: {share: 1.0}", "with: {share: 7}", "timeline.1.with: share is 7"),
        ("with: {share: 1.0}", "with: {generate: 1}", "timeline.1.with: generate is 1"),
        ("do: set, with", "with", "timeline.1.with: there is no order that these are words of"),
        (
            "service: news.test",
            "service: olds.test",
            "reported.0.service: there is no 'olds.test'; there is news.test, plain.test",
        ),
        (
            "capability: read",
            "capability: fly",
            "reported.0.capability: news.test has no capability 'fly'; there is read, write",
        ),
    ],
)
def test_a_timeline_or_report_that_does_not_fit_is_told_where_and_what(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in _TEXT
    assert said in complaint(tmp_path, _TEXT.replace(right, wrong, 1))


_WORDS = "state: investigating, impact: major, title: Errors, text: We look"
_AT_TWELVE = '  - {at: "12:00", do: announce, with: {WORDS}}\n  - {at: "14:00", do: mend}'


def _announcing(words: str) -> str:
    line = _AT_TWELVE.replace("WORDS", words)
    return _TEXT.replace('  - {at: "14:00", do: mend}', line)


@pytest.mark.parametrize("more", ["", ", provider: zephyr"])
@pytest.mark.parametrize("at", ["10:00", "12:00", "14:30"])
def test_an_announcement_may_come_before_during_and_after_the_fault(
    tmp_path: Path, at: str, more: str
) -> None:
    check(tmp_path, _announcing(_WORDS + more).replace("12:00", at))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("investigating", "puzzled", "timeline.2.with.state: it is one of investigating, identif"),
        (
            "impact: major, ",
            "",
            "timeline.2.with.impact: it is one of none, minor, major, critical",
        ),
        ("title: Errors, ", "", "timeline.2.with.title: an announcement has it, as a text"),
        ("text: We look", "text: 7", "timeline.2.with.text: an announcement has it, as a text"),
        (
            _WORDS,
            f"{_WORDS}, share: 0.5",
            "timeline.2.with.share: an announcement has no such word",
        ),
        (
            _WORDS,
            f"{_WORDS}, provider: fog",
            "timeline.2.with.provider: there is no provider 'fog'; there is acme, zephyr",
        ),
    ],
)
def test_an_announcement_that_says_too_little_or_too_much_is_told_so(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = _announcing(_WORDS)
    assert right in text
    assert said in complaint(tmp_path, text.replace(right, wrong, 1))


@pytest.mark.parametrize(
    "fault",
    [
        "scope: nimbus/warden, mode: blank-policy",
        "scope: 'nimbus/vm/east-1#control', mode: errors",
        "scope: 'acme/proxy#fl1+waf', mode: killswitch",
        "scope: acme/cabinet, mode: empty-record",
    ],
)
def test_a_fault_of_the_planes_fits_a_world_that_has_them(tmp_path: Path, fault: str) -> None:
    text = _TEXT.replace("scope: acme/proxy, mode: errors", fault).split("reported:")[0]
    text = text.replace("world: small.yaml", f"world: {PLANES.name}")
    (tmp_path / PLANES.name).write_text(PLANES.read_text(encoding="utf-8"))
    check(tmp_path, text.replace("{share: 0.5}", "{}").replace("{share: 1.0}", "{bypass: true}"))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = _TEXT.replace("acme/proxy", "fog").replace("capability: read", "capability: fly")
    said = complaint(tmp_path, text)
    assert "fault.scope" in said
    assert "reported.0.capability" in said


async def test_a_replay_refuses_it_before_the_world_is_started(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(_WORLD)
    (tmp_path / "s.yaml").write_text(_TEXT.replace("acme/proxy", "fog"))
    told: list[object] = []
    with pytest.raises(ModelError, match="there is no provider 'fog'"):
        await replay(load_scenario(str(tmp_path / "s.yaml")), Options(), told.append)
    assert told == []
