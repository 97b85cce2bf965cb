"""The events alone give the incidents back, through the log too, whatever happened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.log import EvidenceLog, read
from downwind.terms import Evidence, LogDamaged, Seen
from downwind.watch.incidents import (
    Incidents,
    Ledger,
    Maintenance,
    Rules,
    StatusPage,
    Window,
    event_of_evidence,
    event_to_evidence,
    incident_of_json,
    incident_to_json,
)
from tests.watch.incidents.rounds import T0, Loop, events_of, fault

TARGETS = tuple(f"s{n}.test/{c}" for n in range(5) for c in ("load", "post"))
CAUSES = (
    "aws",
    "aws/ec2",
    "aws/ec2/us-east-1",
    "aws/*/us-east-1",
    "cloudflare",
    "cloudflare/proxy#fl2",
    "own:s0.test",
    "own:s1.test",
    "vantage:here",
    "unknown",
)

faults = st.builds(
    fault,
    st.sampled_from(CAUSES),
    st.lists(st.sampled_from(TARGETS), min_size=1, max_size=6, unique=True),
    st.sampled_from([0.55, 0.7, 0.92, 0.99]),
    rivals=st.sampled_from([(), (("fastly", 0.2),), (("fastly", 0.3), ("aws", 0.1))]),
)
pages = st.sampled_from(
    [{}, {"aws": StatusPage("aws", "green", T0)}, {"aws": StatusPage("aws", "posted", T0, "Oh")}]
)
rounds = st.fixed_dictionaries(
    {
        "faults": st.lists(faults, max_size=3),
        "seconds": st.sampled_from([1.0, 30.0, 400.0]),
        "pages": pages,
        "regular": st.booleans(),
        "slow": st.sampled_from([False, False, True]),
        "blind": st.sampled_from([False, False, False, True]),
        "does": st.sampled_from(["", "", "", "acknowledge", "close", "comment"]),
    }
)


def played(plan: list[dict[str, Any]], rules: Rules) -> Loop:
    loop = Loop(TARGETS, Incidents(Ledger(rules)))
    loop.maintenance = Maintenance.of([Window("w", "s1.test", T0 + 60, T0 + 600)])
    for each in plan:
        asked = dict(each)
        does = asked.pop("does")
        loop.round(asked.pop("faults"), **asked)
        running = loop.incidents.ledger.open()
        if does and running:
            act = getattr(loop.incidents.ledger, does)
            note = {"text": "so it is"} if does == "comment" else {}
            loop.does(act(loop.at, running[-1].id, "ann", **note))
    return loop


@settings(max_examples=150, deadline=None)
@given(st.lists(rounds, max_size=25), st.sampled_from([1, 3, 200]), st.sampled_from([2, 500]))
def test_the_events_alone_give_the_same_incidents(
    plan: list[dict[str, Any]], closed: int, events: int
) -> None:
    rules = Rules(keep_closed=closed, keep_events=events)
    loop = played(plan, rules)
    heard = [event_of_evidence(event_to_evidence(event, "here")) for event in loop.log]
    assert heard == loop.log
    again = Ledger.replay(heard, rules)
    assert again.incidents == loop.incidents.ledger.incidents
    assert again.timelines == loop.incidents.ledger.timelines
    # Records come twice after a full disk: the second one changes nothing.
    assert Ledger.replay([e for e in heard for _ in (1, 2)], rules) == again


@settings(max_examples=100, deadline=None)
@given(st.lists(rounds, max_size=25))
def test_no_two_open_incidents_have_one_cause_and_one_set_of_victims(
    plan: list[dict[str, Any]],
) -> None:
    loop = Loop(TARGETS)
    for each in plan:
        loop.round(each["faults"], seconds=each["seconds"], regular=each["regular"])
        running = loop.incidents.ledger.open()
        seen = {(str(i.cause), i.failing) for i in running if i.failing}
        assert len(seen) == len([i for i in running if i.failing])
        for incident in running:
            assert incident.failing <= incident.victims
            assert incident.since <= incident.opened_at <= incident.updated_at
            assert incident.closed_at is None


@settings(max_examples=60, deadline=None)
@given(st.lists(rounds, max_size=20))
def test_a_silence_closes_everything(plan: list[dict[str, Any]]) -> None:
    loop = played(plan, Rules())
    for _ in range(10):
        loop.round()
    assert loop.open == []


@settings(max_examples=60, deadline=None)
@given(st.lists(rounds, max_size=20))
def test_an_incident_is_the_same_after_its_json(plan: list[dict[str, Any]]) -> None:
    for incident in played(plan, Rules()).incidents.ledger.incidents.values():
        assert incident_of_json(incident_to_json(incident)) == incident


def test_the_log_on_disk_tells_the_same_incidents(tmp_path: Path) -> None:
    loop = Loop(TARGETS)
    for n in range(12):
        loop.round([fault("aws", TARGETS[: n % 7 + 1])] if n < 6 else [])
    with EvidenceLog(tmp_path) as log:
        log.append_many(event_to_evidence(event, "here") for event in loop.log)
    records = (evidence for _, evidence in read(tmp_path))
    assert Ledger.replay(events_of(records)) == loop.incidents.ledger


GOOD = {
    "version": 1,
    "number": 1,
    "event": "opened",
    "changes": {},
    "joined": [],
    "back": [],
    "by": "",
    "text": "",
}


@pytest.mark.parametrize(
    "bad",
    [
        {"version": 2},
        {"number": "1"},
        {"number": True},
        {"joined": "s0.test"},
        {"joined": [1]},
        {"changes": []},
        {"changes": {"id": "another"}},
        {"changes": {"colour": "red"}},
        {"changes": {"status": "half open"}},
        {"changes": {"cause": {"kind": "god", "name": ""}}},
        {"changes": {"cause": "aws"}},
        {"changes": {"rivals": [["aws"]]}},
        {"changes": {"page": {"provider": "aws"}}},
        {"changes": {"confidence": "high"}},
        {"changes": {"muted": 1}},
        {"text": None},
    ],
)
def test_a_record_that_tells_no_event_is_refused(bad: Mapping[str, Any]) -> None:
    with pytest.raises(LogDamaged, match="no event of an incident"):
        event_of_evidence(Evidence("i", "watch.incident", Seen({**GOOD, **bad}), T0, "here"))


def test_an_event_without_its_beginning_is_passed_over() -> None:
    loop = Loop(TARGETS)
    loop.round([fault("aws", TARGETS[:3])])
    loop.round([fault("aws/ec2", TARGETS[:3])])
    assert Ledger.replay(loop.log[1:]).incidents == {}
