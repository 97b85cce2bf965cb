"""What is queued is sent at least once, whatever happens in between, and as seldom as will do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import Evidence
from downwind.watch.alerts import Alert, Limits, NotSent, Outbox, watcher_alert
from tests.watch.incidents.rounds import T0

BASE = watcher_alert(T0, "x", "title", "text")


def alert(incident: str, number: int, kind: str = "opened", severity: str = "critical") -> Alert:
    return replace(
        BASE,
        id=f"{incident}/{number}",
        incident=incident,
        kind=kind,
        severity=severity,
        at=T0 + number,
    )


def put(outbox: Outbox, *alerts: Alert, at: float = T0) -> tuple[Evidence, ...]:
    records = outbox.queued(alerts, at)
    for record in records:
        outbox.heard(record)
    return records


def test_nothing_is_due_before_its_record_is_heard() -> None:
    outbox = Outbox(["a"])
    (record,) = outbox.queued([alert("i", 1)], T0)
    assert outbox.due("a", T0) is None
    outbox.heard(record)
    due = outbox.due("a", T0)
    assert due is not None
    assert due.alert == alert("i", 1)


def test_each_route_is_sent_each_alert_once() -> None:
    outbox = Outbox(["a", "b"])
    put(outbox, alert("i", 1), alert("j", 1))
    sent = []
    for route in ("a", "b"):
        while (due := outbox.due(route, T0)) is not None:
            sent.append((route, due.alert.id))
            outbox.sent(due, T0)
    assert sent == [("a", "i/1"), ("a", "j/1"), ("b", "i/1"), ("b", "j/1")]
    assert len(outbox) == 0


def test_a_failure_waits_twice_as_long_each_time_up_to_a_bound() -> None:
    outbox = Outbox(["a"], Limits(first_retry=5, last_retry=60))
    put(outbox, alert("i", 1))
    at, waits = T0, []
    for _ in range(6):
        due = outbox.due("a", at)
        assert due is not None
        outbox.failed(due, at, NotSent("no"))
        wait = outbox.wait("a", at)
        assert wait is not None
        waits.append(wait)
        assert outbox.due("a", at + wait - 0.1) is None
        at += wait
    assert waits == [5, 10, 20, 40, 60, 60]


def test_a_route_may_ask_for_patience_and_a_refusal_waits_longest() -> None:
    outbox = Outbox(["a"])
    put(outbox, alert("i", 1))
    for why, wait in ((NotSent("busy", retry_after=77), 77), (NotSent("401", refused=True), 300)):
        due = outbox.due("a", T0 + 100)
        if due is None:
            due = outbox.pending()[0]
        outbox.failed(due, T0, why)
        assert outbox.wait("a", T0) == wait


def test_what_is_a_day_old_is_given_up_and_told() -> None:
    outbox = Outbox(["a"])
    put(outbox, alert("i", 1))
    due = outbox.due("a", T0)
    assert due is not None
    (record,) = outbox.failed(due, T0 + 90_000, NotSent("gone"))
    assert record.value is not None
    assert (record.value["what"], record.value["detail"]) == ("given up", "gone")
    assert len(outbox) == 0


def test_a_newer_alert_of_an_incident_takes_the_place_of_one_that_waits() -> None:
    outbox = Outbox(["a"])
    put(outbox, alert("i", 1), alert("j", 1), alert("i", 5, "closed"))
    assert [due.alert.id for due in outbox.pending()] == ["j/1", "i/5"]


def test_a_newer_alert_inherits_the_patience_of_the_older() -> None:
    outbox = Outbox(["a"])
    put(outbox, alert("i", 1))
    due = outbox.due("a", T0)
    assert due is not None
    outbox.failed(due, T0, NotSent("down"))
    put(outbox, alert("i", 2, "escalated"))
    assert outbox.due("a", T0 + 1) is None
    assert outbox.due("a", T0 + 5) is not None
    # What is under way when its successor comes may still be told as sent.
    assert outbox.failed(due, T0 + 5, NotSent("down")) == ()
    assert len(outbox.sent(due, T0 + 5)) == 1


def test_a_flood_is_held_back_to_the_limit() -> None:
    outbox = Outbox(["a"], Limits(most=3, within=600))
    put(outbox, *(alert(f"i{n}", 1) for n in range(10)))
    at, sent = T0, []
    while len(outbox):
        due = outbox.due("a", at)
        if due is None:
            wait = outbox.wait("a", at)
            assert wait is not None
            assert wait > 0
            at += wait
            continue
        outbox.sent(due, at)
        sent.append(at)
    assert sent == [T0] * 3 + [T0 + 600] * 3 + [T0 + 1200] * 3 + [T0 + 1800]


def test_a_route_may_want_only_what_is_severe() -> None:
    outbox = Outbox(["a", "b"], Limits(severities={"b": "critical"}))
    put(outbox, alert("i", 1, severity="warning"))
    assert [due.route for due in outbox.pending()] == ["a"]


def test_a_route_that_is_no_longer_there_is_forgotten_and_a_new_one_begins_empty() -> None:
    records = put(Outbox(["a", "b"]), alert("i", 1))
    outbox = Outbox(["b", "c"])
    for record in records:
        outbox.heard(record)
    assert [due.route for due in outbox.pending()] == ["b"]


def test_an_event_without_its_queueing_is_queued_at_the_restart_unless_it_is_old() -> None:
    outbox = Outbox(["a"])
    (queued,) = outbox.queued([alert("i", 2)], T0)
    outbox.expect([alert("i", 2), alert("j", 3)])
    outbox.heard(queued)
    old = replace(alert("k", 1), at=T0 - 9_000)
    outbox.expect([old])
    assert [record.subject for record in outbox.settle(T0)] == ["j/3"]
    assert outbox.settle(T0) == ()


def test_what_stands_is_the_last_alert_of_each_incident_that_goes_on() -> None:
    outbox = Outbox(["a"])
    put(outbox, alert("i", 1), alert("j", 1), alert("i", 2, "escalated"), alert("j", 4, "closed"))
    assert [each.id for each in outbox.standing()] == ["i/2"]


acts = st.lists(
    st.tuples(
        st.sampled_from(["queue", "send", "lose", "fail", "restart", "snapshot"]),
        st.integers(0, 3),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(acts)
def test_the_newest_alert_of_each_incident_is_sent_through_any_failures_and_restarts(
    plan: list[tuple[str, int]],
) -> None:
    """`lose`: it is sent, and the watcher is killed before that is logged."""
    outbox, log = Outbox(["a"], Limits(most=10**6)), list[Evidence]()
    snapshot, place = "", 0
    numbers = dict.fromkeys(range(4), 0)
    sent: list[str] = []
    lost = 0
    at = T0

    def restarted() -> Outbox:
        fresh = Outbox(["a"], Limits(most=10**6))
        if snapshot:
            fresh.of_json(json.loads(snapshot))
        for record in log[place:]:
            fresh.heard(record)
        return fresh

    for act, which in [*plan, *[("send", 0)] * 10]:
        at += 400
        due = outbox.due("a", at)
        if act == "queue":
            numbers[which] += 1
            log += put(outbox, replace(alert(f"i{which}", numbers[which]), at=at), at=at)
        elif act in ("send", "lose") and due is not None:
            sent.append(due.alert.id)
            records = outbox.sent(due, at)
            if act == "send":
                log += records
            else:
                lost += 1
                outbox = restarted()
        elif act == "fail" and due is not None:
            log += outbox.failed(due, at, NotSent("no"))
        elif act == "restart":
            outbox = restarted()
        elif act == "snapshot":
            snapshot, place = json.dumps(outbox.to_json()), len(log)
    newest = {f"i{which}/{number}" for which, number in numbers.items() if number}
    assert newest <= set(sent)
    assert len(sent) <= len(set(sent)) + lost, "twice only where the watcher was killed in between"
    assert len(outbox) == 0


THEM = replace(BASE, blame="them")


def test_the_first_alert_waits_for_the_numbers_of_the_first_seconds_and_no_longer() -> None:
    outbox = Outbox(["a"])
    first = replace(THEM, id="i/1", incident="i", at=T0, hit=1)
    put(outbox, first)
    assert outbox.due("a", T0 + 4.9) is None
    later = replace(first, id="i/2", at=T0 + 3, hit=6)
    put(outbox, later)
    assert outbox.wait("a", T0 + 3) == 2
    due = outbox.due("a", T0 + 5)
    assert due is not None
    assert due.alert == later


def test_growth_waits_longer_and_another_verdict_in_its_place_does_not() -> None:
    outbox = Outbox(["a"])
    put(outbox, replace(THEM, id="i/4", incident="i", at=T0, kind="grew"))
    assert outbox.wait("a", T0) == 30
    put(outbox, replace(THEM, id="i/5", incident="i", at=T0 + 9, kind="moved"))
    due = outbox.due("a", T0 + 9)
    assert due is not None
    assert due.alert.id == "i/5"


def test_a_watcher_that_ends_sends_what_is_held_and_not_what_just_failed() -> None:
    outbox = Outbox(["a"])
    put(outbox, replace(THEM, id="i/1", incident="i", at=T0))
    due = outbox.due("a", T0, held=True)
    assert due is not None
    outbox.failed(due, T0, NotSent("no"))
    assert outbox.due("a", T0, held=True) is None


def test_an_alert_in_the_place_of_another_still_ends_the_severity_that_it_would_have() -> None:
    outbox = Outbox(["a"])
    moved = replace(THEM, id="i/2", incident="i", at=T0, kind="escalated", was="warning",
                    severity="critical")  # fmt: skip
    put(outbox, moved, replace(moved, id="i/3", was=""))
    due = outbox.due("a", T0)
    assert due is not None
    assert (due.alert.id, due.alert.was) == ("i/3", "warning")


def test_a_clock_that_is_set_back_holds_up_no_alert() -> None:
    outbox = Outbox(["a"], Limits(most=1, within=600))
    put(outbox, alert("i", 1, "closed"), alert("j", 1, "closed"), at=T0 + 3600)
    due = outbox.due("a", T0 + 3600)
    assert due is not None
    outbox.sent(due, T0 + 3600)
    assert outbox.due("a", T0 + 3601) is None
    assert outbox.due("a", T0) is not None


HELD = Limits(hold_alone=600)


def lone(number: int, kind: str = "opened", hit: int = 1, layer: str = "dial") -> Alert:
    plain = alert("lone", number, kind)
    return replace(plain, blame="us", verdict="own", hit=hit, layer=layer)


def test_where_one_voice_looks_a_lone_silent_target_waits_and_is_told_if_it_goes_on() -> None:
    outbox = Outbox(["a"], HELD)
    put(outbox, lone(0))
    assert outbox.due("a", T0 + 599) is None
    assert outbox.standing() == ()
    due = outbox.due("a", T0 + 600)
    assert due is not None
    outbox.heard(outbox.sent(due, T0 + 600)[0])
    assert outbox.standing() == (lone(0),)


def test_what_is_over_before_it_was_told_is_never_told() -> None:
    outbox = Outbox(["a"], HELD)
    put(outbox, lone(0), lone(300, "closed"))
    assert len(outbox) == 0


def test_the_end_of_what_was_told_is_told_at_once() -> None:
    outbox = Outbox(["a"], HELD)
    put(outbox, lone(0))
    due = outbox.due("a", T0 + 600)
    assert due is not None
    outbox.heard(outbox.sent(due, T0 + 600)[0])
    put(outbox, lone(700, "closed"))
    ended = outbox.due("a", T0 + 700)
    assert ended is not None
    assert ended.alert.kind == "closed"


def test_a_second_victim_ends_the_wait() -> None:
    outbox = Outbox(["a"], HELD)
    put(outbox, lone(0), lone(20, "grew", hit=2))
    due = outbox.due("a", T0 + 50)
    assert due is not None
    assert due.alert.hit == 2


@pytest.mark.parametrize(
    "told",
    [
        replace(lone(0), layer="http"),
        replace(lone(0), layer="expect"),
        replace(lone(0), hit=2),
        replace(lone(0), blame="vantage", verdict="vantage"),
        replace(lone(0), blame="them", verdict="provider"),
        replace(lone(0), blame="watcher", verdict="watcher"),
    ],
    ids=["answered", "answered wrongly", "two", "vantage", "provider", "watcher"],
)
def test_nothing_else_waits_for_longer_than_its_first_victims(told: Alert) -> None:
    outbox = Outbox(["a"], HELD)
    put(outbox, told)
    assert outbox.due("a", T0 + 5) is not None


def test_neither_a_restart_nor_the_end_of_the_watcher_shortens_the_wait() -> None:
    outbox, again = Outbox(["a"], HELD), Outbox(["a"], HELD)
    put(outbox, lone(0))
    again.of_json(outbox.to_json())
    assert again.due("a", T0 + 30) is None
    assert again.due("a", T0 + 30, held=True) is None
    assert again.due("a", T0 + 600) is not None


def test_with_several_voices_nothing_waits_for_its_target() -> None:
    outbox = Outbox(["a"])
    put(outbox, lone(0))
    assert outbox.due("a", T0 + 5) is not None
