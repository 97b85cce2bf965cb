"""Claims judged: broken by the shortest chain, unknown where the evidence ends, never guessed."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.graph import Graph, GraphBuilder, build_graph
from downwind.graph.scopes import add_scope, use_scope
from downwind.model import Claim, Model, model_from_texts
from downwind.questions.claims import REASONS, Judgement, judge
from downwind.terms import (
    Alternative,
    Evidence,
    ModelError,
    Need,
    Scope,
    Seen,
    Standing,
    State,
    Strength,
    Unanswered,
)

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN
HOUR = 3600.0

TEXT = """
services:
  - name: bird.test
    capabilities:
      - id: feed
        journey: [{url: "https://bird.test/"}]
        declares:
          - {need: edge, any_of: [hill/cdn#bots], source: post-mortem}
          - {need: origin, any_of: [bird-hall]}
      - id: post
        journey: [{url: "https://bird.test/posts"}]
        declares: [{need: edge, any_of: [hill/cdn#bots]}, {need: origin, any_of: [bird-hall]}]
  - name: quiet.test
    capabilities:
      - id: message
        journey: [{url: "https://quiet.test/"}]
        declares: [{need: compute, any_of: [dale/compute/north]}]
  - name: shy.test
    capabilities:
      - {id: use, journey: [{url: "https://shy.test/"}]}
components:
  - {id: bird-hall, declares: [{need: rooms, any_of: [pine/rooms]}]}
"""
MODEL = model_from_texts([("m", TEXT)])
CATALOG = Catalog.from_texts(
    [
        """
id: dale
name: Dale
products: [{id: dns, role: dns, name: DNS}, {id: tls, role: certificates, name: Dale Trust}]
facts:
  - {kind: ns, suffix: ns.dale.test, product: dns, source: t, last_confirmed: 2026-01-01}
  - {kind: issuer, organization: Dale Trust, product: tls, source: t, last_confirmed: 2026-01-01}
""",
        """
id: hill
name: Hill
products: [{id: cdn, role: edge, name: CDN}]
facts: [{kind: prefix, prefix: 192.0.2.0/24, product: cdn, source: t, last_confirmed: 2026-01-01}]
""",
    ]
)


def _claim(kind: Any, about: str = "bird.test", **more: Any) -> Claim:
    return Claim(
        id="c1", who={"en": "somebody"}, when="2025-11", said={"en": "so"}, source="s",
        about=about, kind=kind, **more,
    )  # fmt: skip


def _seen(host: str, *, server: str = "a.ns.vale.test") -> list[tuple[str, Evidence]]:
    """A host at Hill's edge, its zone, and a certificate."""
    servers = [{"host": server, "in_bailiwick": True, "glue": ["192.0.2.53"]}]
    said: list[tuple[str, dict[str, Any]]] = [
        ("dns.zone", {"parent": None, "ttl": 0, "name_servers": servers}),
        ("dns.zone_of", {"zone": host}),
        ("dns.a", {"addresses": ["192.0.2.7"], "ttl": 60}),
        ("tls.certificate", {"issuer_organization": "Dale Trust", "not_after": 9e9}),
    ]
    return [(f"{k}{host}", Evidence(host, k, Seen(v), 0.0, "here")) for k, v in said]


def _graph(*records: tuple[str, Evidence], model: Model = MODEL, declared: bool = True) -> Graph:
    return build_graph(records, CATALOG, model, declared=declared)


def _judge(claim: Claim, graph: Graph | None = None, **more: Any) -> Judgement:
    return judge(claim, graph or _graph(*_seen("bird.test")), MODEL, **{"duration": HOUR, **more})


def test_a_claim_of_independence_breaks_on_the_shortest_chain_to_the_provider() -> None:
    found = _judge(_claim("independent", of="pine"))
    assert (found.verdict, found.reason, found.names["at"]) == ("broken", "reaches", "pine/rooms")
    assert [link.node for link in found.chain] == ["bird.test/feed", "bird-hall", "pine/rooms"]
    assert found.chain[0].why.startswith("declared")


def test_a_name_server_or_a_certificate_of_the_provider_breaks_independence_too() -> None:
    by_dns = _graph(*_seen("bird.test", server="a.ns.dale.test"))
    assert _judge(_claim("independent", of="dale/dns"), by_dns).verdict == "broken"
    assert _judge(_claim("independent", of="dale/tls")).verdict == "broken"


def test_independence_holds_where_all_that_is_needed_is_known_and_lies_elsewhere() -> None:
    found = _judge(_claim("independent", of="vale"))
    assert (found.verdict, found.reason, found.chain) == ("holds", "apart", ())


def test_what_another_provider_leans_on_counts() -> None:
    builder = GraphBuilder()
    store = add_scope(builder, Scope("hill", "store"))
    _need(builder, store, "storage", use_scope(builder, Scope("dale", "storage")))
    key = builder.node("quiet.test/message", "capability")
    _need(builder, key, "store", use_scope(builder, Scope("hill", "store")))
    found = _judge(_claim("independent", "quiet.test", of="dale"), builder.build())
    assert found.verdict == "broken"
    assert [link.node for link in found.chain] == [key, "hill/store", "dale/storage"]


def test_an_owner_who_says_nothing_leaves_the_claim_unknown_never_true() -> None:
    graph = _graph(*_seen("shy.test"))
    found = _judge(_claim("independent", "shy.test", of="vale"), graph)
    assert (found.verdict, found.reason) == ("unknown", "undeclared")
    assert found.names["capability"] == "shy.test/use"
    assert _judge(_claim("independent", "shy.test", of="hill"), graph).verdict == "broken"


def test_a_part_of_what_is_seen_only_as_a_whole_is_unknown_until_the_owner_names_the_part() -> None:
    shy = _graph(*_seen("shy.test"))
    coarse = _judge(_claim("independent", "shy.test", of="hill/cdn#plain"), shy)
    assert (coarse.verdict, coarse.reason, coarse.names["at"]) == ("unknown", "coarse", "hill/cdn")
    assert _judge(_claim("independent", of="hill/cdn#plain")).verdict == "holds"
    assert _judge(_claim("independent", of="hill/cdn#bots")).verdict == "broken"


def test_what_could_not_be_looked_at_is_unknown_never_absent() -> None:
    # No prefix of the catalogue holds this address.
    far = Evidence("bird.test", "dns.a", Seen({"addresses": ["203.0.113.9"], "ttl": 60}), 1.0, "h")
    graph = _graph(*_seen("bird.test"), ("far", far))
    found = _judge(_claim("independent", of="vale"), graph)
    assert (found.verdict, found.reason, found.names["at"]) == (
        "unknown",
        "unseen",
        "address:203.0.113.9",
    )
    mute = Evidence("bird.test", "tls.certificate", Unanswered("time-out"), 1.0, "here")
    graph = _graph(*_seen("bird.test"), ("mute", mute))
    assert _judge(_claim("independent", of="vale"), graph).reason == "unseen"
    assert _judge(_claim("data-path", of="vale"), graph).verdict == "holds"


def test_a_suspected_need_alone_breaks_nothing() -> None:
    builder = GraphBuilder()
    key = builder.node("quiet.test/message", "capability")
    _need(builder, key, "compute", use_scope(builder, Scope("hill", "compute")))
    target = use_scope(builder, Scope("dale", "store"))
    builder.need(key, Need("store", (Alternative(target),), standing=Standing.SUSPECTED))
    found = _judge(_claim("independent", "quiet.test", of="dale"), builder.build())
    assert (found.verdict, found.reason) == ("unknown", "doubtful")


def test_a_private_part_that_is_called_like_a_provider_is_not_that_provider() -> None:
    builder = GraphBuilder()
    key = builder.node("quiet.test/message", "capability")
    _need(builder, key, "origin", builder.node("dale", "component"))
    _need(builder, "dale", "rooms", use_scope(builder, Scope("pine", "rooms")))
    assert (
        _judge(_claim("independent", "quiet.test", of="dale"), builder.build()).verdict == "holds"
    )


def test_the_data_path_leaves_names_and_certificates_out() -> None:
    graph = _graph(*_seen("bird.test", server="a.ns.dale.test"))
    assert _judge(_claim("data-path", of="dale"), graph).verdict == "holds"
    found = _judge(_claim("data-path", of="hill/cdn"), graph)
    assert (found.verdict, found.chain[-1].node) == ("broken", "hill/cdn#bots")
    assert _judge(_claim("data-path", of="pine"), graph).verdict == "broken"


def test_messages_that_do_not_pass_through_the_provider_are_mute_all_the_same() -> None:
    claim = _claim("data-path", of="dale")
    down = {"bird.test/feed": DOWN, "bird.test/post": DOWN}
    assert _judge(claim, observed=down).still_mute
    assert _judge(claim, observed=down).verdict == "holds"
    assert not _judge(claim, observed={**down, "bird.test/post": UP}).still_mute
    assert not _judge(claim, observed={"bird.test/feed": DOWN}).still_mute
    assert not _judge(claim).still_mute
    assert not _judge(_claim("data-path", of="hill"), observed=down).still_mute


@pytest.mark.parametrize(
    ("feed", "message", "verdict", "reason"),
    [
        (UP, DOWN, "holds", "stood"),
        (UP, DEGRADED, "holds", "stood"),
        (DOWN, UP, "broken", "fell"),
        (DOWN, DEGRADED, "broken", "fell"),
        (DOWN, DOWN, "unknown", "both-fell"),
        (DEGRADED, DOWN, "unknown", "both-fell"),
        (UP, UP, "unknown", "neither-fell"),
        (DEGRADED, UP, "unknown", "neither-fell"),
    ],
)
def test_who_stands_while_whom_is_judged_by_what_was_observed(
    feed: State, message: State, verdict: str, reason: str
) -> None:
    observed = {"bird.test/feed": feed, "bird.test/post": UP, "quiet.test/message": message}
    found = _judge(_claim("stands-while", other="quiet.test"), observed=observed)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_boast_that_the_outage_broke_comes_with_the_chain_to_the_fault() -> None:
    observed = {"bird.test/feed": UP, "bird.test/post": DOWN, "quiet.test/message": UP}
    fault = Scope("hill", "cdn", variant="bots")
    claim = _claim("stands-while", other="quiet.test")
    found = _judge(claim, observed=observed, fault=fault)
    assert found.names["capability"] == "bird.test/post"
    assert [link.node for link in found.chain] == ["bird.test/post", "hill/cdn#bots"]


def test_a_service_that_was_not_observed_settles_nothing() -> None:
    claim = _claim("stands-while", other="quiet.test")
    seen: Mapping[str, State] = {"bird.test/feed": UP, "quiet.test/message": DOWN}
    assert _judge(claim, observed=seen).reason == "unobserved"


def test_without_an_outage_the_boast_breaks_on_a_lone_fault_that_spares_the_other() -> None:
    found = _judge(_claim("stands-while", other="quiet.test"), _graph())
    assert (found.verdict, found.reason, found.names["at"]) == ("broken", "falls-alone", "hill")
    assert (found.chain[0].node, found.chain[-1].node) == ("bird.test/feed", "hill")


def test_without_an_outage_the_boast_holds_where_the_other_falls_with_every_fault_of_ours() -> None:
    text = """
services:
  - name: bird.test
    capabilities: [{id: a, declares: [{need: edge, any_of: [hill/cdn, dale/cdn]}]}]
  - name: quiet.test
    capabilities: [{id: a, declares: [{need: edge, any_of: [dale/cdn]}]}]
  - name: shy.test
    capabilities: [{id: use}]
"""
    model = model_from_texts([("m", text)])
    graph = _graph(model=model)
    claim = _claim("stands-while", other="quiet.test")
    assert judge(claim, graph, model, duration=HOUR).reason == "never-alone"
    claim = _claim("stands-while", "quiet.test", other="bird.test")
    assert judge(claim, graph, model, duration=HOUR).reason == "falls-alone"
    claim = _claim("stands-while", "quiet.test", other="shy.test")
    assert judge(claim, graph, model, duration=HOUR).reason == "undeclared"
    claim = _claim("stands-while", "shy.test", other="quiet.test")
    assert judge(claim, graph, model, duration=HOUR).reason == "undeclared"


def test_hardly_any_alternative_is_a_matter_of_counting_who_offers_it_at_scale() -> None:
    claim = _claim("no-alternative", role="cloud", at_most=2)
    two, three = ("dale", "hill"), ("dale", "hill", "vale")
    assert _judge(claim, choices={"cloud": two}).verdict == "holds"
    many = _judge(claim, choices={"cloud": three})
    assert (many.verdict, many.names["providers"]) == ("broken", "dale, hill, vale")
    assert _judge(claim, choices={"edge": two}).reason == "no-choices"


def test_a_claim_of_a_service_that_nobody_knows_is_unknown() -> None:
    assert _judge(_claim("independent", "gone.test", of="dale")).reason == "no-service"
    assert _judge(_claim("stands-while", other="gone.test")).reason == "no-service"


def test_a_claim_of_no_scope_is_told_with_its_place() -> None:
    with pytest.raises(ModelError, match="claim c1, of"):
        _judge(_claim("independent", of="the Cloud"))


def test_every_reason_says_one_of_three_verdicts() -> None:
    assert set(REASONS.values()) == {"holds", "broken", "unknown"}


# --- against a twin that is too simple to be wrong ---

Edge = tuple[int, tuple[int, ...], bool, Standing]
HOSTS, SCOPES = 6, 4
_NAMES = ["quiet.test/message", *(f"host:h{i}" for i in range(HOSTS)), "dale", "dale/a", "hill/b",
          "vale"]  # fmt: skip

edges = st.lists(
    st.tuples(
        st.integers(0, HOSTS),
        st.lists(st.integers(1, HOSTS + SCOPES), min_size=1, max_size=3, unique=True).map(tuple),
        st.booleans(),
        st.sampled_from([Standing.OBSERVED, Standing.DECLARED, Standing.SUSPECTED]),
    ),
    max_size=14,
)


def _random_graph(rows: list[Edge]) -> Graph:
    builder = GraphBuilder()
    for number, name in enumerate(_NAMES):
        if number <= HOSTS:
            builder.node(name, "host" if number else "capability")
        else:
            add_scope(builder, Scope.parse(name))
    for owner, targets, hard, standing in rows:
        need = Need(
            "needs",
            tuple(Alternative(_NAMES[target]) for target in targets),
            strength=Strength.HARD if hard else Strength.SOFT,
            standing=standing,
        )
        builder.need(_NAMES[owner], need)
    return builder.build()


def _twin(rows: list[Edge]) -> str:
    def reach(suspected: bool) -> set[int]:
        seen, pending = set(), [0]
        while pending:
            here = pending.pop()
            if here in seen:
                continue
            seen.add(here)
            for owner, targets, _, standing in rows:
                if owner == here and (suspected or standing is not Standing.SUSPECTED):
                    pending.extend(targets)
        return seen

    dale = {_NAMES.index("dale"), _NAMES.index("dale/a")}
    if reach(False) & dale:
        return "broken"
    declared = any(owner == 0 and s is Standing.DECLARED for owner, _, _, s in rows)
    bare = reach(True) & set(range(1, HOSTS + 1)) - {owner for owner, *_ in rows}
    return "unknown" if reach(True) & dale or bare or not declared else "holds"


@given(edges)
def test_independence_agrees_with_a_search_through_everything(rows: list[Edge]) -> None:
    found = _judge(_claim("independent", "quiet.test", of="dale"), _random_graph(rows))
    assert found.verdict == _twin(rows)
    if found.verdict == "broken":
        assert found.chain[0].node == "quiet.test/message"
        assert found.chain[-1].node in ("dale", "dale/a")


@given(edges, edges)
def test_more_needs_never_mend_a_broken_claim(rows: list[Edge], more: list[Edge]) -> None:
    for claim in (
        _claim("independent", "quiet.test", of="dale"),
        _claim("data-path", "quiet.test", of="dale"),
    ):
        if _judge(claim, _random_graph(rows)).verdict == "broken":
            assert _judge(claim, _random_graph(rows + more)).verdict == "broken"


def _need(builder: GraphBuilder, owner: str, name: str, target: str) -> None:
    builder.need(owner, Need(name, (Alternative(target),), standing=Standing.DECLARED))
