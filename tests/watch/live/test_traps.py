"""Traps for attribution, as rounds of probes: each was made to fool it."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from downwind.model import Model
from downwind.terms import Evidence, Seen, State
from downwind.watch.vantages import VantageSpec
from tests.watch.live.play import Play, failed, model_of, shops

HERE, THERE, FAR = (VantageSpec(n, f"AS{64500 + k}") for k, n in enumerate(("a", "b", "c")))
NEIGHBOUR = VantageSpec("d", HERE.network)
EDGE, OTHER, CLOUD = "cloudflare/proxy", "fastly/cdn", "aws/ec2/us-east-1"
SHOPS, NEWS, APPS = (
    tuple(shops(8, edge, prefix=prefix))
    for edge, prefix in ((EDGE, "shop"), (OTHER, "news"), (CLOUD, "app"))
)
ALL = {
    **shops(8, EDGE),
    **shops(8, OTHER, prefix="news"),
    **shops(8, CLOUD, prefix="app"),
}
CF = {"server": "cloudflare", "cf-ray": "8f0a1b2c3d4e5f60-CDG"}
Words = dict[str, Any]
OWN_PAGE: Words = {"headers": CF, "body": "<h1>Internal server error</h1> cloudflare"}
CHECK: Words = {"status": 503, "headers": CF, "body": "<title>Just a moment...</title> cloudflare"}
NO_WAY: Words = {"layer": "dial", "status": None, "reason": "no connection within 5 s"}
SILENT_TLS: Words = {"layer": "tls", "status": None, "reason": "the handshake did not end"}

Round = Callable[[int], tuple[Sequence[str], Words]]


def play_of(*vantages: VantageSpec, model: Model | None = None) -> Play:
    play = Play(model or model_of(ALL), vantages or (HERE, THERE), slowness=False)
    play.calm()
    return play


def rounds(play: Play, many: int, who: Round, *seen_by: VantageSpec) -> Play:
    """So many rounds, in each of which these names fail for these vantages, or for all."""
    for number in range(many):
        names, words = who(number)
        play.round(
            *(
                failed(f"{name}/page", play.now, vantage=vantage.name, **words)
                for vantage in seen_by or play.vantages
                for name in names
            )
        )
    return play


def named(play: Play) -> set[tuple[str, str]]:
    return {(each.verdict, str(each.cause.name)) for each in play.open}


def ever(play: Play) -> set[str]:
    return {str(i.cause.name) for i in play.incidents.ledger.incidents.values()}


@pytest.mark.parametrize("share", [0.6, 0.4, 0.25])
def test_a_brown_out_of_an_edge_is_the_edges(share: float) -> None:
    dice = random.Random(1)
    play = rounds(play_of(), 10, lambda _: ([n for n in SHOPS if dice.random() < share], OWN_PAGE))
    assert named(play) == {("provider", EDGE)}


def test_a_flapping_cloud_is_one_incident() -> None:
    play = rounds(play_of(), 20, lambda n: (APPS if n % 4 < 2 else (), NO_WAY))
    assert ever(play) == {"aws"}
    assert [event.kind for event in play.events].count("opened") == 1


def test_a_fault_that_comes_one_by_one_accuses_no_service() -> None:
    play = rounds(play_of(), 12, lambda n: (SHOPS[: 1 + n], NO_WAY))
    assert ever(play) == {"cloudflare"}


def test_a_recovery_one_by_one_accuses_no_service() -> None:
    play = rounds(play_of(), 16, lambda n: (SHOPS[max(0, n - 5) :], NO_WAY))
    assert ever(play) == {"cloudflare"}


def test_one_fault_hands_over_to_another() -> None:
    play = rounds(play_of(), 10, lambda n: (SHOPS if n < 5 else APPS, NO_WAY))
    assert ever(play) == {"cloudflare", "aws"}


def test_a_deploy_of_somebody_else_is_no_alibi() -> None:
    play = play_of()
    value = {"title": "v2", "service": NEWS[0], "by": "ci"}
    play.live.hear(Evidence(NEWS[0], "change.deploy", Seen(value), play.now, HERE.name))
    assert named(rounds(play, 6, lambda _: (SHOPS, NO_WAY))) == {("provider", "cloudflare")}


def test_three_strangers_that_fail_at_once_accuse_no_provider() -> None:
    play = rounds(play_of(), 6, lambda _: ((SHOPS[0], NEWS[0], APPS[0]), {"body": "Traceback"}))
    assert {verdict for verdict, _ in named(play)} <= {"own", "unknown"}


def test_a_store_of_an_edge_is_not_the_edge() -> None:
    kept = ("kept0.test", "kept1.test", "kept2.test")
    model = model_of({**ALL, **dict.fromkeys(kept, (EDGE,))}).model_dump(mode="json")
    for service in model["services"]:
        if service["name"] in kept:
            need = {"need": "store", "any_of": ["cloudflare/workers-kv"]}
            service["capabilities"][0]["declares"].append(need)
    play = play_of(model=Model.model_validate(model))
    rounds(play, 8, lambda _: (kept, {"headers": CF, "body": "the database answers 500"}))
    assert named(play) == {("provider", "cloudflare/workers-kv")}


def test_an_edge_that_does_not_answer_one_vantage_is_not_at_fault() -> None:
    play = rounds(play_of(), 6, lambda _: (SHOPS, SILENT_TLS), HERE)
    assert named(play) == {("vantage", HERE.name)}


def test_a_lossy_uplink_is_the_vantages_own() -> None:
    dice = random.Random(3)
    play = play_of()
    rounds(play, 10, lambda _: ([n for n in ALL if dice.random() < 0.4], NO_WAY), HERE)
    assert named(play) == {("vantage", HERE.name)}


def test_two_vantages_of_one_network_that_reach_nobody_accuse_their_network() -> None:
    play = play_of(HERE, NEIGHBOUR, FAR)
    rounds(play, 6, lambda _: (tuple(ALL), NO_WAY), HERE, NEIGHBOUR)
    assert named(play) == {("vantage", HERE.network)}


@pytest.mark.parametrize("seen_by", [(HERE,), (HERE, THERE)])
@pytest.mark.parametrize(
    "page",
    [CHECK, {"status": 503, "headers": {"cf-mitigated": "challenge"}, "body": "?"}],
    ids=["words", "header"],
)
def test_an_edge_that_asks_whether_one_is_a_robot_is_up(
    page: Words, seen_by: tuple[VantageSpec, ...]
) -> None:
    """It was called a provider's fault, even where the other vantage saw all well."""
    play = rounds(play_of(), 6, lambda _: (SHOPS, page), *seen_by)
    assert play.events == []
    assert set(play.live.states().values()) == {State.UP}


def test_a_503_that_only_looks_like_a_check_is_down() -> None:
    page = {"status": 503, "headers": {"cf-mitigated": "none"}, "body": "no server is available"}
    play = rounds(play_of(), 6, lambda _: (SHOPS[:1], page))
    assert named(play) == {("own", SHOPS[0])}


def test_a_resolver_that_lies_of_four_names_is_the_vantages_own() -> None:
    lie: Words = {"layer": "dns", "status": None, "reason": "NXDOMAIN"}
    names = (SHOPS[0], NEWS[0], NEWS[1], APPS[0])
    play = rounds(play_of(), 6, lambda _: (names, lie), HERE)
    assert named(play) == {("vantage", HERE.name)}


def test_half_of_an_edge_says_origin_and_half_says_edge_and_it_is_the_edge() -> None:
    play = play_of()
    for _ in range(6):
        now, both = play.now, [v.name for v in play.vantages]
        play.round(
            *(failed(f"{n}/page", now, vantage=v, **OWN_PAGE) for n in SHOPS[:4] for v in both),
            *(
                failed(f"{n}/page", now, vantage=v, status=522, headers=CF, body="522")
                for n in SHOPS[4:]
                for v in both
            ),
        )
    assert named(play) == {("provider", EDGE)}


def test_when_the_edge_is_back_the_one_whose_origin_stays_dead_is_told_by_itself() -> None:
    dead: Words = {"status": 521, "headers": CF, "body": "error code: 521"}
    play = rounds(play_of(), 14, lambda n: (SHOPS, OWN_PAGE) if n < 5 else (SHOPS[:1], dead))
    assert named(play) == {("own", SHOPS[0])}


def test_one_customer_of_each_of_six_and_no_reason_is_nobody_known() -> None:
    more = {**ALL, **shops(8, "azure", prefix="az"), **shops(8, "akamai/edge", prefix="ak")}
    play = play_of(model=model_of({**more, **shops(8, "google-cloud/compute", prefix="gcp")}))
    one_of_each = (SHOPS[0], NEWS[0], APPS[0], "az0.test", "ak0.test", "gcp0.test")
    assert named(rounds(play, 6, lambda _: (one_of_each, NO_WAY))) == {("unknown", "")}


def test_another_single_service_in_each_round_is_noise() -> None:
    names = tuple(ALL)
    play = rounds(play_of(), len(names), lambda n: (names[n : n + 1], NO_WAY))
    assert play.events == []


def test_a_victim_of_two_faults_is_told_with_both_and_not_accused_itself() -> None:
    model = model_of({**ALL, "both.test": (EDGE,)}).model_dump(mode="json")
    need = {"need": "cloud", "any_of": [CLOUD]}
    model["services"][-1]["capabilities"][0]["declares"].append(need)
    play = play_of(model=Model.model_validate(model))
    rounds(play, 6, lambda _: ((*SHOPS, *APPS, "both.test"), NO_WAY))
    assert named(play) == {("provider", "cloudflare"), ("provider", "aws")}
    assert all("both.test/page" in each.failing for each in play.open)
