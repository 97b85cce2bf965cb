"""What is queued is sent at least once, whatever happens in between, and as seldom as will do."""

from __future__ import annotations

import json
from dataclasses import replace

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
