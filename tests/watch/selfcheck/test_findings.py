"""What the watcher needs, what it could not tell, and how far its verdicts are its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.graph import Graph, GraphBuilder
from downwind.graph.scopes import add_scope, use_scope
from downwind.questions.whatif import what_if
from downwind.terms import Alternative, Need, Scope, Standing, State, UnknownCause, UsageError
from downwind.watch.selfcheck import (
    AlertRoute,
    WatcherNeeds,
    alert_routes,
    blind_spots,
    independence,
    with_watcher,
)
from downwind.watch.selfcheck.needs import REPORTING
from downwind.watch.vantages import VantageSpec

HOUR = 3600.0
MAIL = AlertRoute("mail", hosts=("mail.x.test",))
PAGER = AlertRoute("pager", providers=("pagerduty",))
PARIS = VantageSpec("paris", "AS64500", "hetzner", resolver="9.9.9.9")
OSLO = VantageSpec("oslo", "AS64501", "aws/ec2", "eu-north-1")


def shop() -> Graph:
    """A shop and a mail server at one cloud; another shop elsewhere."""
    builder = GraphBuilder()
    use_scope(builder, Scope.parse("aws/ec2"))
    add_scope(builder, Scope.parse("aws/ec2/eu-north-1"))
    for name, scope in (("x.test/feed", "aws/ec2"), ("y.test/feed", "ovh")):
        builder.node(name, "capability")
        target = use_scope(builder, Scope.parse(scope))
        builder.need(name, Need("hosting", (Alternative(target),), why="by its prefix"))
    builder.node("host:mail.x.test", "host", "mail.x.test")
    hosting = Need("hosting", (Alternative("aws/ec2?"),), why="by its prefix")
    builder.need("host:mail.x.test", hosting)
    return builder.build()


def watched(needs: WatcherNeeds) -> Graph:
    return with_watcher(shop(), needs)


def spots(needs: WatcherNeeds) -> dict[str, tuple[tuple[str, ...], bool]]:
    return {spot.cause: (spot.loses, spot.certain) for spot in blind_spots(watched(needs), HOUR)}


def test_globalping_alone_sees_nothing_and_stands_on_its_api() -> None:
    lent = VantageSpec("globalping", provider="globalping")
    graph = watched(WatcherNeeds((PARIS, lent), (MAIL,), globalping="api.globalping.test"))

    assert "host:api.globalping.test" in graph.reach("vantage:globalping")
    assert "vantage:globalping" not in graph.reach("watcher:seeing")
    found = spots(WatcherNeeds((PARIS, lent), (MAIL,), globalping="api.globalping.test"))
    assert found["hetzner"] == (("seeing",), True)


def test_a_lone_vantage_and_a_lone_alert_route_are_each_a_way_to_fall_silent() -> None:
    found = spots(WatcherNeeds((PARIS,), (MAIL,)))

    assert found["hetzner"] == (("seeing",), True)
    assert found["as:64500"] == (("seeing",), True)
    assert found["address:9.9.9.9"] == (("seeing",), True)
    assert found["aws"] == (("alerting",), True)
    assert found["vantage:paris"] == (("seeing",), True)


def test_a_second_of_each_leaves_nothing_that_silences_it() -> None:
    assert spots(WatcherNeeds((PARIS, OSLO), (MAIL, PAGER))) == {}


def test_a_cause_may_take_a_vantage_and_the_alerts_at_once() -> None:
    needs = WatcherNeeds((OSLO,), (MAIL,))

    assert spots(needs)["aws"] == (("seeing", "alerting"), True)


def test_a_quorum_of_two_falls_with_one_of_two_vantages() -> None:
    assert "hetzner" in spots(WatcherNeeds((PARIS, OSLO), (MAIL, PAGER), quorum=2))


def test_the_hub_is_needed_where_there_is_one() -> None:
    found = spots(WatcherNeeds((PARIS, OSLO), (MAIL, PAGER), hub="hub.x.test"))

    assert found == {"host:hub.x.test": (("seeing",), True)}


def test_a_fault_in_a_part_silences_it_possibly_where_the_evidence_is_coarser() -> None:
    found = spots(WatcherNeeds((PARIS, OSLO), (MAIL,)))

    assert found["aws/ec2"] == (("alerting",), True)
    assert found["aws/ec2/eu-north-1"] == (("alerting",), False)


def test_a_blind_spot_names_those_who_would_fall_in_silence() -> None:
    needs = WatcherNeeds((PARIS,), (MAIL,), heartbeat="beat.test")
    (spot,) = [s for s in blind_spots(watched(needs), HOUR) if s.cause == "aws"]

    assert spot.victims == ("x.test/feed",)
    assert spot.words == (
        "If aws falls, the watcher would not alert (watcher:reporting needs watcher:alerting:"
        " declared: it tells it by its alert routes; watcher:alerting needs alert:mail: declared:"
        " any one of its alert routes will do; alert:mail needs host:mail.x.test: declared: it"
        " goes by mail.x.test; host:mail.x.test needs aws/ec2: by its prefix; aws/ec2 needs aws:"
        " aws/ec2 is a part of aws); 1 capability falls with it; the heartbeat would tell."
    )


def test_certain_blind_spots_come_before_possible_ones_and_those_that_hurt_most_first() -> None:
    found = blind_spots(watched(WatcherNeeds((PARIS, OSLO), (MAIL,))), HOUR)

    assert [spot.certain for spot in found] == sorted([s.certain for s in found], reverse=True)
    certain = [len(spot.victims) for spot in found if spot.certain]
    assert certain == sorted(certain, reverse=True)


def test_a_verdict_on_what_the_watcher_stands_on_is_not_independent() -> None:
    graph = watched(WatcherNeeds((PARIS, OSLO), (MAIL, PAGER), status_hosts=("s.test",)))

    found = independence(graph, "aws/ec2", HOUR)

    assert not found.independent
    assert not found.silenced
    assert found.vantages == {"oslo"}
    assert {(fall.node, fall.certain) for fall in found.shared} == {
        ("vantage:oslo", True),
        ("alert:mail", True),
    }
    assert found.words.startswith("Not independent of aws/ec2: alerts by mail would fall with it (")


def test_a_verdict_on_another_is_independent() -> None:
    graph = watched(WatcherNeeds((PARIS, OSLO), (MAIL, PAGER)))

    found = independence(graph, "ovh", HOUR)

    assert (found.independent, found.silenced, found.vantages) == (True, False, frozenset())
    assert found.words == "The watcher stands on nothing of ovh."


def test_a_status_page_that_stands_on_its_own_provider_is_told() -> None:
    builder = GraphBuilder()
    builder.node("host:status.ovh.test", "host", "status.ovh.test")
    target = use_scope(builder, Scope.parse("ovh"))
    builder.need("host:status.ovh.test", Need("hosting", (Alternative(target),)))
    needs = WatcherNeeds((PARIS,), (PAGER,), status_hosts=("status.ovh.test",))

    found = independence(with_watcher(builder.build(), needs), "ovh", HOUR)

    assert [fall.node for fall in found.shared] == ["status:status.ovh.test"]


def test_a_suspect_that_is_no_node_is_told() -> None:
    with pytest.raises(UnknownCause):
        independence(watched(WatcherNeeds()), "nobody", HOUR)


def test_alert_routes_that_share_a_provider_are_told_and_those_that_do_not() -> None:
    sms = AlertRoute("sms", providers=("aws/sns",))

    found = alert_routes(watched(WatcherNeeds((PARIS,), (MAIL, sms, PAGER))), HOUR)

    assert [(pair.routes, pair.causes[0]) for pair in found.shared] == [(("mail", "sms"), "aws")]
    assert set(found.apart) == {("mail", "pager"), ("sms", "pager")}
    assert found.single == ()
    assert found.words == "mail and pager share nothing that is known."


def test_routes_that_all_fall_with_one_are_told() -> None:
    sms = AlertRoute("sms", providers=("aws/sns",))

    found = alert_routes(watched(WatcherNeeds((PARIS,), (MAIL, sms))), HOUR)

    assert found.single == ("aws",)
    assert found.words == "All alert routes fall with aws."


def test_a_route_of_which_nothing_is_known_is_not_said_to_stand_apart() -> None:
    chat = AlertRoute("chat", hosts=("chat.test",))

    found = alert_routes(watched(WatcherNeeds((PARIS,), (MAIL, chat))), HOUR)

    assert (found.apart, found.unknown) == ((), ("chat",))
    assert "Nothing is known of chat." in found.words


def test_the_words_for_no_route_and_for_one() -> None:
    assert "no alert route" in alert_routes(watched(WatcherNeeds((PARIS,))), HOUR).words
    assert "only alert route" in alert_routes(watched(WatcherNeeds((), (MAIL,))), HOUR).words


def test_what_was_mapped_stays_as_it_is() -> None:
    graph = watched(WatcherNeeds((PARIS,), (MAIL,), status_hosts=("s.test",)))

    for name, node in shop().nodes.items():
        assert graph.nodes[name] == node


def test_the_hosts_to_map_are_named() -> None:
    needs = WatcherNeeds((PARIS,), (MAIL,), "Hub.X.test.", ("s.test", "s.test"), "beat.test")

    assert needs.hosts() == ("hub.x.test", "mail.x.test", "s.test", "beat.test", "9.9.9.9")


@pytest.mark.parametrize(
    "needs",
    [
        WatcherNeeds((PARIS,), quorum=2),
        WatcherNeeds((PARIS,), quorum=0),
        WatcherNeeds((PARIS, PARIS)),
        WatcherNeeds(routes=(AlertRoute(""),)),
        WatcherNeeds(routes=(AlertRoute("<b>"),)),
        WatcherNeeds(routes=(MAIL, MAIL)),
        WatcherNeeds(routes=(AlertRoute("a", ("not a host",)),)),
        WatcherNeeds(routes=(AlertRoute("a", (), ("No Scope",)),)),
        WatcherNeeds(hub="http://x"),
        WatcherNeeds(heartbeat="a/b"),
        WatcherNeeds(status_hosts=("",)),
    ],
    ids=repr,
)
def test_what_cannot_be_meant_is_refused(needs: WatcherNeeds) -> None:
    with pytest.raises(UsageError):
        with_watcher(shop(), needs)


SCOPES = ("aws", "aws/ec2", "aws/ec2/eu-north-1", "aws/*/eu-north-1", "ovh", "hetzner")


@st.composite
def watched_graphs(draw: st.DrawFn) -> Graph:
    builder = GraphBuilder()
    for text in SCOPES:
        use_scope(builder, Scope.parse(text))
    hosts = [f"h{n}.test" for n in range(4)]
    pool = [*(f"{scope}?" for scope in SCOPES), *SCOPES]
    for host in hosts:
        builder.node(f"host:{host}", "host", host)
        for number in range(draw(st.integers(0, 2))):
            names = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))
            standing = draw(st.sampled_from([Standing.OBSERVED, Standing.SUSPECTED]))
            builder.need(
                f"host:{host}",
                Need(
                    f"n{number}",
                    tuple(map(Alternative, names)),
                    k=draw(st.integers(1, len(names))),
                    grace=draw(st.sampled_from([0.0, 7200.0])),
                    standing=standing,
                ),
            )
    name = st.sampled_from(hosts)
    providers = st.sampled_from(["", "aws/ec2", "ovh", "hetzner"])
    vantages = tuple(
        VantageSpec(f"v{n}", draw(st.sampled_from(["", "AS1", "AS2"])), draw(providers))
        for n in range(draw(st.integers(1, 3)))
    )
    routes = tuple(
        AlertRoute(f"r{n}", tuple(draw(st.lists(name, min_size=1, max_size=2, unique=True))))
        for n in range(draw(st.integers(1, 3)))
    )
    quorum = draw(st.integers(1, len(vantages)))
    return with_watcher(builder.build(), WatcherNeeds(vantages, routes, quorum=quorum))


@settings(max_examples=60, deadline=None)
@given(watched_graphs())
def test_blind_spots_are_all_causes_that_take_the_watcher_down(graph: Graph) -> None:
    found = {spot.cause: spot.certain for spot in blind_spots(graph, HOUR)}

    wanted = {}
    for node in graph.nodes.values():
        if node.kind in ("grain", "capability", "watcher"):
            continue
        fates = {fate.node: fate for fate in what_if(graph, [node.id], HOUR).others}
        if REPORTING in fates and fates[REPORTING].possibly is State.DOWN:
            wanted[node.id] = fates[REPORTING].state is State.DOWN
    assert found == wanted


@settings(max_examples=40, deadline=None)
@given(watched_graphs(), st.sampled_from(SCOPES))
def test_a_suspect_that_silences_the_watcher_is_a_blind_spot_and_the_reverse(
    graph: Graph, suspect: str
) -> None:
    found = independence(graph, suspect, HOUR)

    assert found.silenced is (suspect in {spot.cause for spot in blind_spots(graph, HOUR)})


@settings(max_examples=40, deadline=None)
@given(watched_graphs())
def test_two_routes_are_apart_exactly_where_no_cause_takes_both(graph: Graph) -> None:
    found = alert_routes(graph, HOUR)

    for pair in found.shared:
        for cause in pair.causes:
            fallen = {f.node for f in what_if(graph, [cause], HOUR).others}
            assert {f"alert:{name}" for name in pair.routes} <= fallen
    for pair_apart in found.apart:
        for node in graph.nodes.values():
            if node.kind in ("grain", "capability", "watcher"):
                continue
            fates = {f.node: f for f in what_if(graph, [node.id], HOUR).others}
            down = [
                n
                for n in pair_apart
                if f"alert:{n}" in fates and fates[f"alert:{n}"].possibly is State.DOWN
            ]
            assert len(down) < 2
