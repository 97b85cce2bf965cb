"""One alert for each event that matters, and none for a victim of a known cause."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.watch.alerts import Alert, derive, watcher_alert
from downwind.watch.incidents import Change, Ledger, Maintenance, StatusPage, Window
from tests.watch.incidents.rounds import T0, Loop, fault

SITES = tuple(f"s{n}.test/load" for n in range(20))
EDGE = SITES[:14]


def alerts_of(loop: Loop, *, suspicions: bool = True) -> list[Alert]:
    return list(derive(Ledger(), loop.log, suspicions=suspicions).alerts)


def told(loop: Loop) -> list[tuple[str, str]]:
    return [(alert.kind, alert.severity) for alert in alerts_of(loop)]


def test_fourteen_victims_of_one_cause_are_told_as_they_double_and_end_once() -> None:
    loop = Loop(SITES)
    for n in (3, 8, 14, 14):
        loop.round([fault("cloudflare/proxy", SITES[:n])])
    for _ in range(5):
        loop.round()
    grew = [("grew", "critical")] * 2
    assert told(loop) == [("opened", "critical"), *grew, ("closed", "critical")]
    first, eight, fourteen, last = alerts_of(loop)
    assert [first.hit, eight.hit, fourteen.hit] == [3, 8, 14]  # the last takes the place of eight
    assert "It hits more than was told." in eight.text
    assert (first.cause, first.blame, first.of) == ("cloudflare/proxy", "them", 20)
    assert first.victims == tuple(sorted(SITES[:3]))
    assert (last.hit, last.over) == (14, True)
    assert first.id == "2025-11-18T1128-cloudflare-proxy/1"


def test_victims_of_the_first_seconds_are_told_with_the_opening() -> None:
    loop = Loop(SITES)
    for n in (1, 4, 14):
        loop.round([fault("cloudflare/proxy", SITES[:n])], seconds=2.0, regular=n == 1)
    loop.at += 20
    loop.round([fault("cloudflare/proxy", SITES[:20])])
    assert [(a.kind, a.hit) for a in alerts_of(loop)] == [
        ("opened", 1),
        ("opened", 4),
        ("opened", 14),
    ]


def test_growth_is_told_when_they_doubled_and_not_for_each() -> None:
    loop = Loop(SITES)
    numbers = (4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20)
    for n in numbers:
        loop.round([fault("cloudflare/proxy", SITES[:n])], seconds=31.0)
    assert [a.hit for a in alerts_of(loop)] == [4, 8, 16]


def test_what_is_back_tells_how_long_it_was_away() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    for _ in range(5):
        loop.round()
    loop.round([fault("cloudflare/proxy", EDGE)])
    opened, closed, again = alerts_of(loop)
    assert (opened.kind, closed.kind, again.kind) == ("opened", "closed", "reopened")
    assert again.text.startswith("It is back, after 90 s without it.\nThem, probably not you")
    (event,) = (each for each in loop.log if each.kind == "reopened")
    assert event.text == "after 90 s without it"


def test_an_end_while_victims_still_fail_is_no_all_clear() -> None:
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    while loop.open:
        loop.round(down=EDGE[:2])
    last = alerts_of(loop)[-1]
    assert last.title.startswith("No longer blamed after ")
    assert last.title.endswith(": cloudflare/proxy; 2 still down or degraded")
    assert "Still down or degraded: s0.test/load, s1.test/load." in last.text
    loop = Loop(SITES)
    loop.round([fault("cloudflare/proxy", EDGE)])
    while loop.open:
        loop.round()
    assert alerts_of(loop)[-1].title.startswith("Over after ")


def test_a_suspicion_warns_and_is_escalated() -> None:
    loop = Loop(SITES)
    for confidence in (0.7, 0.7, 0.97):
        loop.round([fault("fastly", SITES[:4], confidence)])
    assert told(loop) == [("opened", "warning"), ("escalated", "critical")]
    assert alerts_of(loop)[1].was == "warning"
    # Where suspicions alert nobody, the certainty is what opens it.
    assert [a.kind for a in alerts_of(loop, suspicions=False)] == ["opened"]


def test_a_suspicion_that_came_to_nothing_alerts_nobody_where_suspicions_are_not_wanted() -> None:
    loop = Loop(SITES)
    for _ in range(3):
        loop.round([fault("fastly", SITES[:4], 0.7)])
    for _ in range(5):
        loop.round()
    assert alerts_of(loop, suspicions=False) == []


def test_maintenance_wakes_nobody_until_it_is_over() -> None:
    loop = Loop(SITES)
    loop.maintenance = Maintenance.of([Window("w", "s0.test", T0, T0 + 300)])
    for _ in range(9):
        loop.round([fault("own:s0.test", SITES[:1])])
    assert told(loop) == []
    for _ in range(3):
        loop.round([fault("own:s0.test", SITES[:1])])
    assert told(loop) == [("opened", "critical")]


def test_an_end_is_told_only_to_whom_the_beginning_was_told() -> None:
    loop = Loop(SITES)
    loop.maintenance = Maintenance.of([Window("w", "*", T0, T0 + 9000)])
    loop.round([fault("cloudflare", EDGE)])
    for _ in range(5):
        loop.round()
    assert not loop.open
    assert told(loop) == []


def test_an_acknowledged_incident_is_quiet_until_it_ends() -> None:
    loop = Loop(SITES)
    for _ in range(2):
        loop.round([fault("fastly", SITES[:4], 0.7)])
    loop.does(loop.incidents.ledger.acknowledge(loop.at, loop.log[0].incident, "ann"))
    loop.round([fault("fastly", SITES[:4], 0.97)])
    for _ in range(5):
        loop.round()
    assert [kind for kind, _ in told(loop)] == ["opened", "closed"]


def test_incidents_that_turn_out_to_be_one_are_told_to_be_one() -> None:
    loop = Loop(SITES)
    own = [fault(f"own:s{n}.test", [SITES[n]]) for n in range(3)]
    loop.round(own)
    loop.round(own)
    loop.round([fault("cloudflare/proxy", EDGE)])
    kinds = sorted(kind for kind, _ in told(loop))
    assert kinds == ["merged", "merged", "moved", "moved", "opened", "opened", "opened"]
    (_, last) = (each for each in alerts_of(loop) if each.kind == "moved")
    assert last.hit == 14  # it takes the place of the first, which waits no longer


def test_the_words_name_the_cause_the_victims_and_what_speaks_against() -> None:
    loop = Loop(SITES)
    loop.round(
        [fault("cloudflare/proxy", EDGE, 0.97, None, (("aws", 0.06),), (SITES[19],))],
        layers=dict.fromkeys(EDGE, "http"),
        saved={"cloudflare/proxy": (SITES[15], SITES[16])},
        pages={"cloudflare": StatusPage("cloudflare", "green", T0)},
        changes=[Change(T0 - 60, "s1.test", "release 7")],
        dependent={"cloudflare/proxy": "this vantage resolves through cloudflare"},
    )
    (alert,) = alerts_of(loop)
    assert alert.title == "cloudflare/proxy: 14 of 20 down or degraded"
    assert alert.text.splitlines() == [
        "Them, probably not you: cloudflare/proxy, at http (97% sure), since 2025-11-18 11:28 UTC.",
        f"Hit: {', '.join(sorted(EDGE)[:10])} and 4 more (14 of 20 watched).",
        "Saved by a second alternative: s15.test/load, s16.test/load.",
        "Changes of your own: release 7 of s1.test at 2025-11-18 11:27 UTC.",
        "The status page of cloudflare is still green.",
        "It might be instead: aws (6%).",
        "Against it: s19.test/load hold.",
        "The watcher is not independent of this: this vantage resolves through cloudflare",
        "Incident 2025-11-18T1128-cloudflare-proxy",
    ]
    assert not alert.independent


@pytest.mark.parametrize(
    ("name", "title", "text"),
    [
        ("own:s0.test", "s0.test: 2 of 20", "Your own: s0.test"),
        ("vantage:here", "here: 2 of 20", "Seen from here alone"),
        ("unknown", "unknown but shared: 2 of 20", "nothing known is shared"),
    ],
)
def test_the_words_say_whose_fault_it_is(name: str, title: str, text: str) -> None:
    loop = Loop(SITES)
    loop.round([fault(name, SITES[:2])])
    loop.round([fault(name, SITES[:2])])
    (alert,) = alerts_of(loop)
    assert alert.title.startswith(title)
    assert text in alert.text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["aws", "aws/ec2", "own:s1.test", "unknown", ""]),
            st.sampled_from([0.7, 0.97]),
            st.integers(1, 5),
        ),
        max_size=30,
    )
)
def test_every_incident_is_opened_before_it_ends_and_ends_once(
    plan: list[tuple[str, float, int]],
) -> None:
    loop = Loop(SITES)
    for name, confidence, n in plan:
        loop.round([fault(name, SITES[:n], confidence)] if name else [])
    for _ in range(12):
        loop.round()
    alerts = alerts_of(loop)
    standing: set[str] = set()
    for alert in alerts:
        if alert.kind in ("opened", "reopened"):
            assert alert.incident not in standing
            standing.add(alert.incident)
        else:
            assert alert.incident in standing
        if alert.over:
            standing.discard(alert.incident)
    assert standing == set()
    assert len({alert.id for alert in alerts}) == len(alerts)


def test_an_alert_is_the_same_after_its_json() -> None:
    alert = watcher_alert(T0, "disk-full", "The disk is full", "Nothing acknowledged is lost.")
    assert Alert.of_json(json.loads(json.dumps(alert.to_json()))) == alert


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", None),
        ("severity", "loud"),
        ("severity", ["critical"]),
        ("victims", "all"),
        ("at", "now"),
        ("at", True),
        ("hit", 1.5),
        ("closed_at", "late"),
        ("text", 7),
    ],
)
def test_what_is_no_alert_is_refused(name: str, value: object) -> None:
    good = watcher_alert(T0, "blind", "Blind", "Nothing is seen.").to_json()
    with pytest.raises(ValueError, match="no alert"):
        Alert.of_json(good | {name: value})
    del good[name]
    with pytest.raises(ValueError, match="no alert"):
        Alert.of_json(good)
