"""Incidents open, change, merge and close: one per cause, never one per victim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from downwind.questions.attribution.verdict import QUIET, Attribution, Consequence, Further
from downwind.terms import Scope, State, UsageError
from downwind.watch.alerts.words import text_of
from downwind.watch.incidents import Cause, Change, Incidents, Observed, StatusPage
from downwind.watch.incidents.causes import incident_id
from tests.watch.incidents.rounds import T0, Loop, fault

SITES = tuple(f"s{n}.test/load" for n in range(20))
EDGE = SITES[:14]


def test_one_cause_with_many_victims_is_one_incident() -> None:
    loop = Loop(SITES)
    assert loop.round([fault("cloudflare/proxy", EDGE)], since={SITES[3]: T0 - 60}) == ("opened",)
    (incident,) = loop.incidents.ledger.open()
    assert incident.id == "2025-11-18T1127-cloudflare-proxy"
    assert incident.since == T0 - 60
    assert incident.victims == incident.failing == frozenset(EDGE)
    assert (incident.verdict, incident.watched) == ("provider", 20)
    for _ in range(5):
        assert loop.round([fault("cloudflare/proxy", EDGE)]) == ()


def test_a_verdict_of_the_questions_room_is_taken_as_it_is() -> None:
    why = Consequence(Scope.parse("openai"), "openai needs cloudflare", (SITES[1],))
    scope = Scope.parse("cloudflare/proxy")
    verdict = replace(
        Attribution("provider", scope, "cloudflare/proxy", 0.95, EDGE, (), (), (), ()),
        consequences=(why,),
        separating=(Further("s19.test/load", "", 0.4), Further("name:s19.test", "paris", 0.2)),
    )
    states = dict.fromkeys(SITES, State.UP) | dict.fromkeys(EDGE, State.DEGRADED)
    step = Incidents().step(Observed(T0, [verdict, QUIET], states))
    (incident,) = step.incidents.ledger.open()
    assert incident.victims == frozenset(EDGE)
    assert incident.separating == ("s19.test/load", "name:s19.test from paris")
    assert incident.consequences == (("openai", "openai needs cloudflare"),)


def test_a_suspicion_opens_in_its_second_round_and_is_escalated_when_it_is_sure() -> None:
    loop = Loop(SITES)
    assert loop.round([fault("fastly", SITES[:3], 0.7)]) == ()
    assert loop.round([fault("fastly", SITES[:3], 0.7)]) == ("opened",)
    assert loop.round([fault("fastly", SITES[:3], 0.95)]) == ("escalated",)
    (incident,) = loop.incidents.ledger.open()
    assert (incident.verdict, incident.confidence) == ("provider", 0.95)
    # What gets less sure as victims come back takes nothing back.
    loop.round([fault("fastly", SITES[:3], 0.7)])
    assert loop.incidents.ledger.open()[0].verdict == "provider"


def test_a_suspicion_of_one_round_opens_nothing() -> None:
    loop = Loop(SITES)
    for _ in range(6):
        assert loop.round([fault("fastly", SITES[:3], 0.7)]) == ()
        assert loop.round() == ()


def test_a_narrower_scope_is_the_same_incident_under_its_first_name() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws", SITES[:6])])
    assert loop.round([fault("aws/dynamodb/us-east-1", SITES[:6])]) == ("narrowed",)
    (incident,) = loop.incidents.ledger.incidents.values()
    assert incident.id == "2025-11-18T1128-aws"
    assert str(incident.cause) == "aws/dynamodb/us-east-1"


def test_a_wider_scope_must_stand_for_three_rounds() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws/dynamodb/us-east-1", SITES[:6])])
    told = [loop.round([fault("aws/*/us-east-1", SITES[:6])]) for _ in range(3)]
    assert told == [(), (), ("widened",)]


def test_a_scope_that_wavers_between_two_grains_is_told_once() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws", SITES[:6])])
    told: list[str] = []
    for _ in range(20):
        told += loop.round([fault("aws/dynamodb", SITES[:6])])
        told += loop.round([fault("aws", SITES[:6])])
    assert told == ["narrowed"]


def test_the_blame_moves_within_the_incident_when_the_victims_are_the_same() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE, 0.8)])
    loop.round([fault("cloudflare/proxy", EDGE, 0.8)])
    assert loop.round([fault("lumen/transit", EDGE, 0.95)]) == ("moved",)
    assert loop.open == ["lumen/transit"]
    assert len(loop.incidents.ledger.incidents) == 1


def test_an_unknown_but_shared_incident_gets_its_name_later() -> None:
    loop = Loop(SITES)
    loop.round([fault("unknown", SITES[:5])])
    assert loop.round([fault("unknown", SITES[:5])]) == ("opened",)
    assert loop.round([fault("fastly", SITES[:6])]) == ("named", "victims")
    assert loop.open == ["fastly"]


def test_two_causes_at_once_are_two_incidents() -> None:
    loop = Loop(SITES)
    faults = [fault("cloudflare/proxy", SITES[:7]), fault("aws/ec2/us-east-1", SITES[7:12])]
    assert loop.round(faults) == ("opened", "opened")
    faults += [fault("own:s19.test", SITES[19:])]
    loop.round(faults)
    assert loop.round(faults) == ("opened",)
    assert loop.open == ["cloudflare/proxy", "aws/ec2/us-east-1", "own:s19.test"]


def test_two_products_of_one_provider_with_other_victims_are_two_incidents() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws/ec2/eu-west-1", SITES[:5]), fault("aws/sqs/us-east-1", SITES[5:9])])
    assert len(loop.open) == 2


def test_another_product_with_other_victims_is_another_incident_in_a_later_round_too() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws/sqs/us-east-1", SITES[:5])])
    loop.round([fault("aws/ec2/eu-west-1", SITES[5:9])], down=SITES[:9])
    assert loop.open == ["aws/sqs/us-east-1", "aws/ec2/eu-west-1"]


def test_two_certain_verdicts_on_different_providers_are_never_merged() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws", SITES[:6]), fault("fastly", SITES[4:12])])
    told = loop.round([fault("fastly", SITES[:12])])
    assert "merged" not in told
    assert loop.open == ["aws", "fastly"]


def test_a_verdict_that_is_less_sure_neither_narrows_nor_moves_the_blame() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws", SITES[:6])])
    for name in ("aws/ec2", "lumen"):
        for _ in range(5):
            loop.round([fault(name, SITES[:6], 0.6)])
        assert loop.open == ["aws"]
    assert loop.incidents.ledger.open()[0].verdict == "provider"


def test_incidents_of_ones_own_merge_when_they_turn_out_to_be_one() -> None:
    loop = Loop(SITES)
    own = [fault(f"own:s{n}.test", [SITES[n]]) for n in range(3)]
    loop.round(own)
    assert loop.round(own) == ("opened",) * 3
    told = loop.round([fault("cloudflare/proxy", EDGE)])
    assert sorted(told) == ["absorbed", "absorbed", "merged", "merged", "moved", "victims"]
    assert loop.open == ["cloudflare/proxy"]
    gone = [i for i in loop.incidents.ledger.incidents.values() if not i.open]
    assert {i.merged_into for i in gone} == {loop.incidents.ledger.open()[0].id}


def test_it_closes_after_three_rounds_in_which_all_are_back() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    told = [loop.round(seconds=10) for _ in range(3)]
    assert told == [(), (), ("recovered", "closed")]
    (incident,) = loop.incidents.ledger.incidents.values()
    assert (incident.closed_why, incident.failing) == ("all victims are back", frozenset())
    assert incident.victims == frozenset(EDGE)


def test_a_fault_that_comes_and_goes_stays_one_incident() -> None:
    loop = Loop(SITES)
    told: list[str] = []
    for _ in range(10):
        told += loop.round([fault("cloudflare/proxy", EDGE)])
        loop.round()
        loop.round()
    assert told.count("opened") == 1
    assert "closed" not in told


def test_the_same_cause_within_a_quarter_of_an_hour_opens_the_same_incident_again() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    for _ in range(10):
        loop.round()
    assert loop.round([fault("cloudflare/proxy", EDGE)]) == ("reopened",)
    (incident,) = loop.incidents.ledger.incidents.values()
    assert (incident.reopened, incident.closed_at) == (1, None)
    for _ in range(40):
        loop.round()
    assert loop.round([fault("cloudflare/proxy", EDGE)]) == ("opened",)


def test_another_part_of_the_provider_with_other_victims_is_another_incident() -> None:
    loop = Loop(SITES)
    loop.round([fault("aws/ec2/us-east-1/b", SITES[:4])])
    for _ in range(5):
        loop.round()
    again = [fault("aws/ec2/us-east-1", SITES[6:8], verdict="suspected")]
    assert [loop.round(again), loop.round(again)] == [(), ("opened",)]
    assert loop.open == ["aws/ec2/us-east-1"]


def test_a_verdict_that_is_gone_while_most_still_fail_is_kept_for_ten_rounds() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    told = [loop.round(down=EDGE[:8]) for _ in range(10)]
    assert [kind for kinds in told[:9] for kind in kinds] == ["recovered"]
    assert told[9] == ("closed",)
    (incident,) = loop.incidents.ledger.incidents.values()
    assert incident.closed_why == "no longer blamed"


def test_one_that_stays_down_for_its_own_reason_is_another_incident_after_the_first() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    told = [loop.round([fault("own:s0.test", [SITES[0]])]) for _ in range(6)]
    assert told == [(), ("recovered",), ("closed",), (), ("opened",), ()]
    assert loop.open == ["own:s0.test"]


def test_a_blind_watcher_opens_and_closes_nothing() -> None:
    loop = Loop(SITES)
    assert loop.round([fault("cloudflare", SITES)], blind=True) == ()
    loop.round([fault("cloudflare", SITES)])
    assert [loop.round(blind=True) for _ in range(10)] == [()] * 10
    assert loop.open == ["cloudflare"]


def test_steps_between_rounds_open_but_do_not_count_towards_the_close() -> None:
    loop = Loop(SITES)
    assert loop.round([fault("cloudflare", EDGE)], regular=False) == ("opened",)
    assert [loop.round(regular=False) for _ in range(5)] == [(), ("recovered",), (), (), ()]
    assert loop.open == ["cloudflare"]


def test_new_victims_are_told_at_once_and_recoveries_once_a_minute() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare", SITES[:5])])
    assert loop.round([fault("cloudflare", SITES[:6])]) == ("victims",)
    assert loop.round([fault("cloudflare", SITES[:4])], seconds=10) == ("recovered",)
    assert loop.round([fault("cloudflare", SITES[:3])]) == ()
    (incident,) = loop.incidents.ledger.open()
    assert incident.failing == frozenset(SITES[:4])


def test_a_status_page_that_speaks_is_told_and_one_that_repeats_itself_is_not() -> None:
    loop = Loop(SITES)
    green = StatusPage("cloudflare", "green", T0)
    posted = StatusPage("cloudflare", "posted", T0 + 60, "Elevated 5xx", "https://status.test/1")
    loop.round([fault("cloudflare/proxy", EDGE)], pages={"cloudflare": green})
    assert loop.incidents.ledger.open()[0].page == green
    assert loop.round([fault("cloudflare/proxy", EDGE)], pages={"cloudflare": posted}) == ("page",)
    assert loop.round([fault("cloudflare/proxy", EDGE)], pages={"cloudflare": posted}) == ()
    assert loop.log[-1].text == "cloudflare posted: Elevated 5xx"


def test_own_changes_shortly_before_are_told_and_others_are_not() -> None:
    loop = Loop(SITES)
    mine = Change(T0 - 600, "s0.test", "release 42", "ann")
    changes = [mine, Change(T0 - 600, "s19.test"), Change(T0 - 90_000, "s0.test")]
    loop.round([fault("own:s0.test", [SITES[0]])], changes=changes)
    loop.round([fault("own:s0.test", [SITES[0]])], changes=changes)
    assert loop.incidents.ledger.open()[0].changes == (mine,)
    everywhere = Change(T0 - 60, "*", "new firewall")
    assert loop.round([fault("own:s0.test", [SITES[0]])], changes=[mine, everywhere]) == ("change",)
    assert loop.log[-1].text == "new firewall of everything"


def test_rivals_and_contradictions_are_told_at_most_once_a_minute() -> None:
    loop = Loop(SITES)
    loop.round([fault("fastly", EDGE)])
    loop.round([fault("fastly", EDGE)])
    shaken = fault("fastly", EDGE, rivals=(("aws", 0.08),), contradicts=(SITES[19],))
    assert loop.round([shaken]) == ("detail",)
    assert loop.round([fault("fastly", EDGE)]) == ()
    (incident,) = loop.incidents.ledger.open()
    assert (incident.rivals, incident.contradicts) == ((("aws", 0.08),), (SITES[19],))


def test_a_person_acknowledges_comments_and_closes() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare", EDGE)])
    id = loop.incidents.ledger.open()[0].id
    loop.does(loop.incidents.ledger.acknowledge(loop.at, id, "ann"))
    loop.does(loop.incidents.ledger.comment(loop.at, id, "ann", "switching to the second edge"))
    loop.does(loop.incidents.ledger.close(loop.at, id, "ann", "known"))
    incident = loop.incidents.ledger.incidents[id]
    assert (incident.acknowledged_by, incident.open, incident.muted) == ("ann", False, True)
    with pytest.raises(UsageError, match="closed"):
        loop.incidents.ledger.acknowledge(loop.at, id, "ann")
    with pytest.raises(UsageError, match="no incident"):
        loop.incidents.ledger.close(loop.at, "nothing", "ann")


def test_what_a_person_closed_stays_closed_until_its_cause_was_gone() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare", EDGE)])
    id = loop.incidents.ledger.open()[0].id
    loop.does(loop.incidents.ledger.close(loop.at, id, "ann"))
    assert [loop.round([fault("cloudflare", EDGE)]) for _ in range(50)] == [()] * 50
    assert [loop.round() for _ in range(3)] == [(), (), ("rearmed",)]
    for _ in range(40):
        loop.round()
    assert loop.round([fault("cloudflare", EDGE)]) == ("opened",)


def test_two_verdicts_of_one_cause_are_one_incident() -> None:
    loop = Loop(SITES)
    assert loop.round([fault("aws", SITES[:3]), fault("aws", SITES[3:5])]) == ("opened",)
    assert loop.incidents.ledger.open()[0].victims == frozenset(SITES[:5])


@pytest.mark.parametrize(
    ("cause", "taken", "id"),
    [
        (Cause("scope", "cloudflare/proxy#fl2+bots"), (), "cloudflare-proxy-fl2-bots"),
        (Cause("scope", "aws/*/us-east-1"), (), "aws-all-us-east-1"),
        (Cause("scope", "aws"), ("2025-11-18T1128-aws", "2025-11-18T1128-aws-2"), "aws-3"),
        (Cause("own", "X.test"), (), "own-x.test"),
        (Cause("own", "../../<b>\n\x00"), (), "own-b"),
        (Cause("own", "x" * 500), (), "own-" + "x" * 56),
        (Cause("vantage", "this vantage"), (), "vantage-this-vantage"),
        (Cause("unknown", ""), (), "unknown"),
        (Cause("own", "日本"), (), "own"),
    ],
)
def test_an_incident_has_a_name_that_can_be_read_and_typed(
    cause: Cause, taken: tuple[str, ...], id: str
) -> None:
    assert incident_id(T0, cause, taken) == f"2025-11-18T1128-{id}"


def test_who_falls_beside_the_cause_is_a_victim_and_told_as_nowhere_on_the_map() -> None:
    loop = Loop(["a.test/read", "b.test/read", "c.test/read"])
    said = replace(fault("hill/cdn", ["a.test/read", "b.test/read"]), alongside=("c.test/read",))
    loop.round([said], down=loop.targets)
    [incident] = loop.incidents.ledger.open()
    assert incident.victims == set(loop.targets)
    assert incident.alongside == ("c.test/read",)
    assert "Nothing on the map leads to it from c.test/read." in text_of(incident, "opened")


def test_once_the_cause_is_over_who_still_fails_has_an_incident_of_its_own() -> None:
    loop = Loop(["a.test/read", "b.test/read", "c.test/read"])
    said = replace(fault("hill/cdn", ["a.test/read", "b.test/read"]), alongside=("c.test/read",))
    loop.round([said], down=loop.targets)
    for _ in range(6):
        loop.round([fault("own:c.test", ["c.test/read"])])
    assert loop.open == ["own:c.test"]


def test_a_clock_that_was_set_back_puts_no_telling_off() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    loop.at -= 3600.0
    left = [fault("cloudflare/proxy", EDGE[:7])]
    assert loop.round(left) == ("recovered",)
    assert loop.incidents.ledger.open()[0].failing == frozenset(EDGE[:7])


def test_what_is_back_an_hour_before_it_ended_by_the_clock_is_another_incident() -> None:
    for back, told in ((60.0, ("reopened",)), (3600.0, ("opened",))):
        loop = Loop(SITES)
        loop.round([fault("cloudflare/proxy", EDGE)])
        for _ in range(3):
            loop.round([])
        assert loop.open == []
        loop.at -= back
        assert loop.round([fault("cloudflare/proxy", EDGE)]) == told


def test_the_parts_that_a_verdict_names_are_those_of_its_incident_and_told() -> None:
    loop = Loop(SITES)
    zones = ("hill/compute/north/a", "hill/compute/north/b")
    loop.round([replace(fault("hill/compute/north", EDGE), parts=zones)])
    (incident,) = loop.incidents.ledger.open()
    assert incident.parts == zones
    assert "What fails together: hill/compute/north/a, hill/compute/north/b." in text_of(
        incident, "opened"
    )
    loop.round([replace(fault("hill/compute/north", EDGE), parts=zones[:1])], seconds=90.0)
    loop.round([replace(fault("hill/compute/north", EDGE), parts=zones[:1])])
    assert loop.incidents.ledger.open()[0].parts == zones[:1]
