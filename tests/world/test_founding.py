"""The world of the founding article says where what it says of itself is known from."""

from datetime import date

import pytest

from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import load_scenario, packaged

MODEL = owners_model(load_world(packaged("worlds")["founding"]))


def test_every_declared_need_has_a_source_and_the_day_since_when_it_is_known() -> None:
    owners = [(key, c.declares) for key, _, c in MODEL.capabilities()]
    owners += [(component.id, component.declares) for component in MODEL.components]
    declared = [(owner, need) for owner, needs in owners for need in needs]
    assert len(declared) > 80
    for owner, need in declared:
        assert need.source, f"{owner}: {need.need}"
        assert need.known_since, f"{owner}: {need.need}"
        assert date(2025, 1, 1) <= need.known_since <= date(2025, 12, 31), owner


def test_every_capability_declares_what_it_stands_on_and_has_a_journey() -> None:
    for key, _, capability in MODEL.capabilities():
        assert capability.declares, key
        assert capability.journey, key


@pytest.mark.parametrize("name", list(packaged("scenarios")))
def test_a_story_runs_from_before_the_outage_to_after_it(name: str) -> None:
    scenario = load_scenario(name)
    told = [event.at for event in scenario.events if event.tell]
    assert told[0] < scenario.onset
    assert told[-1] >= scenario.until
    spoken = [event for event in scenario.events if (event.order or {}).get("do") == "announce"]
    first = next(e for e in spoken if "provider" not in (e.order or {}))
    assert first.at > scenario.onset + 60, "no status page speaks at once"


def test_the_outages_come_oldest_first_by_their_starts() -> None:
    starts = {name: load_scenario(name).start for name in packaged("scenarios")}
    assert sorted(starts, key=lambda name: starts[name]) == [
        "gcp-2025-06-12",
        "aws-2025-10-20",
        "cloudflare-2025-11-18",
        "cloudflare-2025-12-05",
    ]
