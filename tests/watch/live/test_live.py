"""From records to incidents: whose fault, who is saved, and when nobody is blamed."""

import json
from typing import Any

import pytest

from downwind.model import Model
from downwind.questions.hidden import Decision
from downwind.terms import Evidence, Scope, Seen, State
from downwind.watch.incidents import Maintenance, Window
from downwind.watch.itself import WatcherSeen
from downwind.watch.live.hidden import seen, suspected
from downwind.watch.live.keeping import PART, keep, recall
from downwind.watch.live.names import scope_words
from downwind.watch.live.saved import second_way
from downwind.watch.live.seen import Around, draw
from downwind.watch.vantages import VantageSpec
from tests.watch.live.play import BEGAN, Play, catalog, failed, model_of, shops

BOTH = {**shops(5, "cloudflare"), **shops(5, "fastly", prefix="news")}
CLOUDFLARES = tuple(shops(5, "cloudflare"))


def test_who_stands_on_one_edge_fails_and_that_edge_is_the_one_incident() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    play.fail(*CLOUDFLARES)
    (incident,) = play.open
    assert (str(incident.cause), incident.verdict) == ("cloudflare", "provider")
    assert incident.failing == {f"{name}/page" for name in CLOUDFLARES}
    assert incident.watched == 10
    assert play.live.states()["shop0.test/page"] is State.DOWN


def test_it_closes_when_all_are_back() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    play.fail(*CLOUDFLARES)
    play.calm(8)
    assert play.open == []
    assert play.events[0].kind == "opened"
    assert play.events[-1].kind == "closed"


def test_one_failed_probe_is_no_incident() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    play.round(failed("shop0.test/page", play.now))
    play.calm(5)
    assert play.events == []


def test_who_holds_by_a_second_edge_is_saved_and_no_witness_against_the_first() -> None:
    saved = shops(2, "cloudflare", "fastly", prefix="both")
    play = Play(model_of({**BOTH, **saved}))
    play.calm()
    play.fail(*CLOUDFLARES)
    (incident,) = play.open
    assert incident.saved == ("both0.test/page", "both1.test/page")
    assert incident.contradicts == ()
    way = second_way(play.live.setting.graph, "both0.test/page", "cloudflare")
    assert way is not None
    assert (way.need, way.on.removesuffix("?")) == ("edge", "fastly")


def test_who_leads_to_the_cause_by_a_soft_need_alone_is_not_called_saved() -> None:
    model = model_of({**BOTH, "soft.test": ("front",)}).model_dump(mode="json")
    script = {"need": "script", "any_of": ["cloudflare"], "strength": "soft"}
    model["components"] = [{"id": "front", "declares": [script]}]
    play = Play(Model.model_validate(model))
    play.calm()
    play.fail(*CLOUDFLARES)
    (incident,) = play.open
    assert "cloudflare" in play.live.reach("soft.test/page")
    assert incident.saved == ()


def test_who_fails_alone_after_a_deploy_is_at_fault_himself_and_the_deploy_is_told() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    value = {"title": "v2", "service": "shop0.test", "by": "ci"}
    play.live.hear(Evidence("shop0.test", "change.deploy", Seen(value), play.now, "here"))
    play.fail("shop0.test", rounds=5)
    (incident,) = play.open
    assert (incident.cause.kind, incident.cause.name) == ("own", "shop0.test")
    assert [(c.title, c.by) for c in incident.changes] == [("v2", "ci")]


def test_refusals_are_no_outage() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    for status in (429, 403, 401, 405):
        play.fail(*CLOUDFLARES, status=status, reason=f"status {status}")
    assert play.events == []
    assert set(play.live.states().values()) == {State.UP}


def test_a_blind_watcher_blames_nobody() -> None:
    hosts = ("a.example", "b.example", "c.example", "d.example")
    play = Play(model_of(BOTH, connectivity=hosts))
    play.calm()
    for _ in range(5):
        everything = [each.target.name for each in play.live.setting.watched]
        play.round(*(failed(n, play.now, layer="dial", status=None) for n in everything))
    assert play.events == []
    assert play.live.sight() == {"here": True}


def test_a_vantage_that_fails_alone_is_at_fault_itself() -> None:
    vantages = (VantageSpec("here", "AS64500"), VantageSpec("there", "AS64501"))
    play = Play(model_of(BOTH), vantages)
    play.calm()
    for _ in range(4):
        play.round(
            *(
                failed(f"{n}/page", play.now, vantage="there", layer="dial", status=None)
                for n in BOTH
            )
        )
    assert {incident.cause.kind for incident in play.open} <= {"vantage"}
    assert all(incident.cause.name in ("there", "AS64501") for incident in play.open)


def test_what_fails_within_maintenance_is_kept_silently_and_named_all_the_same() -> None:
    play = Play(model_of(BOTH))
    window = Window("w", "*", BEGAN, BEGAN + 1e6, title="move")
    play.maintenance = Maintenance({"w": window})
    play.calm()
    play.fail(*CLOUDFLARES)
    (incident,) = play.open
    assert incident.silent
    assert incident.windows == ("w",)
    assert str(incident.cause) == "cloudflare"


def test_the_same_records_give_the_same_events() -> None:
    told = []
    for _ in range(2):
        play = Play(model_of(BOTH))
        play.calm(10)
        play.fail(*CLOUDFLARES, rounds=4)
        play.calm(6)
        told.append(play.events)
    assert told[0] == told[1]
    assert told[0]


def test_the_picture_tells_the_incident_its_victims_and_the_saved() -> None:
    play = Play(model_of({**BOTH, **shops(1, "cloudflare", "fastly", prefix="both")}))
    play.calm()
    play.fail(*CLOUDFLARES)
    around = Around(BEGAN, play.incidents.ledger, WatcherSeen())
    picture = draw(play.live, play.model, play.now, around)
    (incident,) = picture.running()
    assert (incident.who, incident.layer, len(incident.victims)) == ("Cloudflare", "http", 5)
    victim, saved = picture.target("shop0.test/page"), picture.target("both0.test/page")
    assert victim is not None
    assert saved is not None
    assert (victim.incident, victim.reason) == (incident.id, "status 500")
    assert (saved.saved_by, saved.stands_on, saved.state) == ("edge", "Fastly", State.UP)


def test_after_a_remap_the_new_needs_count() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    moved = Play(model_of({**BOTH, **shops(5, "fastly")}))
    play.live.stand_on(moved.live.setting.graph, moved.live.setting.suspects)
    play.fail(*BOTH)
    (incident,) = play.open
    assert str(incident.cause) == "fastly"


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("cloudflare", "Cloudflare"),
        ("aws/*/us-east-1", "Amazon Web Services in us-east-1"),
        ("nobody/thing", "nobody's thing"),
        ("nobody/key-value/east#b+a", "nobody's key value in east (a, b)"),
    ],
)
def test_a_scope_is_told_as_people_call_it(scope: str, words: str) -> None:
    known = catalog().provider("aws")
    assert known is not None
    told = scope_words(catalog(), Scope.parse(scope))
    assert told == words.replace("Amazon Web Services", known.name)


def test_a_target_that_nobody_could_look_at_is_unknown_and_not_up() -> None:
    play = Play(model_of(BOTH))
    play.calm(3)
    for _ in range(10):
        play.round(silent=["shop0.test/page"])
    assert play.live.states()["shop0.test/page"] is None
    assert play.events == []


def test_what_falls_together_time_and_again_is_suspected_to_share_a_need() -> None:
    apart = {**shops(8, "fastly", prefix="news"), **shops(8, "cloudflare")}
    play = Play(model_of(apart))
    play.calm()
    for _ in range(4):
        play.fail("news0.test", "shop0.test", rounds=5)
        play.calm(90)
    targets = [each.capability for each in play.live.setting.watched]
    ledger, suspects = play.incidents.ledger, play.live.setting.suspects
    (found,) = suspected(ledger, targets, suspects, (), play.now - BEGAN)
    assert found.members == ("news0.test/page", "shop0.test/page")
    (told,) = seen((found,), ())
    assert (told.together, told.standing) == (4, "suspected")
    rejected = (Decision(found, False, "ada", play.now),)
    assert suspected(ledger, targets, suspects, rejected, play.now - BEGAN) == ()
    assert seen((), rejected)[0].standing == "rejected"


def test_a_snapshot_of_the_live_state_brings_back_changes_decisions_and_since_when() -> None:
    play = Play(model_of(BOTH))
    play.calm()
    value = {"title": "v2", "service": "shop0.test", "by": "ci", "url": ""}
    play.live.hear(Evidence("shop0.test", "change.deploy", Seen(value), play.now, "here"))
    play.fail(*CLOUDFLARES)
    fresh = Play(model_of(BOTH)).live
    recall(fresh, {PART: keep(play.live)})
    assert fresh.changes == play.live.changes
    assert fresh.rates.rounds == play.live.rates.rounds
    name = "shop0.test/page"
    assert fresh.latest[name].failing_since == play.live.latest[name].failing_since is not None
    assert fresh.latest[name].answered
    assert keep(fresh) == keep(play.live)


@pytest.mark.parametrize(
    "kept",
    [b"", b"[]", b"{}", b"\xff", b'{"changes": 1}', b'{"version": 1}', b'{"version": 2}', None],
)
def test_what_is_no_live_state_is_refused(kept: bytes | None) -> None:
    with pytest.raises(ValueError, match="the live state is not understood"):
        recall(Play(model_of(BOTH)).live, {} if kept is None else {PART: kept})


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("feeds", {"feeds": {}, "closed": [{"scope": "?"}]}),
        ("domains", 7),
        ("endings", [["x.test", "domain"]]),
        ("changes", [{"id": "x"}]),
        ("decisions", [7]),
        ("rates", {"failed": {}, "rounds": "many"}),
        ("failing", {"shop0.test/page": [None, "http", "", True]}),
    ],
)
def test_a_live_state_of_which_one_part_is_broken_is_not_taken_over_in_part(
    part: str, broken: Any
) -> None:
    play = Play(model_of(BOTH))
    value = {"title": "v2", "service": "shop0.test", "by": "ci", "url": ""}
    play.live.hear(Evidence("shop0.test", "change.deploy", Seen(value), play.now, "here"))
    play.fail(*CLOUDFLARES)
    told = json.loads(keep(play.live))
    fresh = Play(model_of(BOTH)).live
    with pytest.raises(ValueError, match="the live state is not understood"):
        recall(fresh, {PART: json.dumps({**told, part: broken}).encode()})
    assert keep(fresh) == keep(Play(model_of(BOTH)).live)
