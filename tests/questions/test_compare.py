"""Two services held against every lone fault: what they share, and who falls with what."""

from collections.abc import Iterable

import pytest

from downwind.catalog import Catalog
from downwind.graph import Graph, build_graph
from downwind.model import Model, model_from_texts
from downwind.questions.compare import Compared, LoneFault, compare, find_service, service_state
from downwind.terms import Scope, State, UsageError

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN

TEXT = """
services:
  - name: bird.test
    title: Bird
    capabilities:
      - id: feed
        declares:
          - {need: edge, any_of: [hill/cdn#bots]}
          - {need: tags, any_of: [vale/tags], strength: soft}
          - {need: store, any_of: [dale/db/north/a, dale/db/north/b]}
      - id: post
        declares: [{need: edge, any_of: [hill/cdn#bots]}]
  - name: quiet.test
    title: Quiet
    capabilities:
      - id: message
        declares:
          - {need: compute, any_of: [dale/compute/north]}
          - {need: certificates, any_of: [vale/trust], grace: 60d}
  - name: other.test
    title: Quiet
    capabilities: [{id: use, declares: [{need: edge, any_of: [hill/cdn]}]}]
"""
MODEL = model_from_texts([("m", TEXT)])


def _graph(model: Model = MODEL) -> Graph:
    return build_graph([], Catalog.from_texts([]), model)


def _ask(a: str = "Bird", b: str = "quiet.test", hours: float = 4.0) -> Compared:
    return compare(_graph(), MODEL, a, b, hours * 3600)


def test_faults_fall_into_those_that_hit_one_the_other_or_both() -> None:
    found = _ask()
    hits = {str(f.scope): (f.a, f.b) for f in found.faults}
    assert [str(f.scope) for f in found.only_a] == [
        "dale/db", "dale/db/north", "hill", "hill/cdn", "hill/cdn#bots", "vale", "vale/tags",
    ]  # fmt: skip
    assert [str(f.scope) for f in found.only_b] == ["dale/compute", "dale/compute/north"]
    assert [str(f.scope) for f in found.both] == ["dale", "dale/*/north"]
    assert hits["hill/cdn#bots"] == (DOWN, UP)
    assert hits["dale"] == (DEGRADED, DOWN)
    assert hits["vale/tags"] == (DEGRADED, UP)


def test_a_fault_that_an_alternative_or_the_grace_outlasts_is_left_out() -> None:
    scopes = {str(f.scope) for f in _ask().faults}
    assert "dale/db/north/a" not in scopes
    assert "vale/trust" not in scopes
    assert "vale/trust" in {str(f.scope) for f in _ask(hours=24 * 90).faults}


def test_each_side_is_told_by_products_with_region_and_variant() -> None:
    found = _ask()
    assert [str(s) for s in found.a.stands_on] == ["dale/db/north", "hill/cdn#bots", "vale/tags"]
    assert [str(s) for s in found.b.stands_on] == ["dale/compute/north", "vale/trust"]


def test_what_is_shared_is_told_where_the_two_meet_with_the_way_of_each() -> None:
    found = _ask()
    assert [str(each.scope) for each in found.shared] == ["dale/*/north", "vale"]
    region = found.shared[0]
    assert (region.a[0].node, region.a[-1].node) == ("bird.test/feed", "dale/*/north")
    assert (region.b[0].node, region.b[-1].node) == ("quiet.test/message", "dale/*/north")


def test_a_variant_hits_possibly_whoever_is_only_known_to_stand_on_the_product() -> None:
    faults = {str(f.scope): f for f in _ask(b="other.test").faults}
    assert (faults["hill/cdn#bots"].b, faults["hill/cdn#bots"].b_possibly) == (UP, DOWN)
    assert faults["hill/cdn"].b is DOWN


def test_the_sides_change_places_with_the_services() -> None:
    one, two = _ask("bird.test", "quiet.test"), _ask("quiet.test", "bird.test")
    assert (one.a, one.only_a, one.only_b) == (
        two.b,
        tuple(_turned(two.only_b)),
        tuple(_turned(two.only_a)),
    )


def _turned(faults: Iterable[LoneFault]) -> list[LoneFault]:
    return [LoneFault(f.scope, f.b, f.a, f.b_possibly, f.a_possibly) for f in faults]


def test_a_service_is_found_by_name_or_title_whatever_the_case() -> None:
    assert find_service(MODEL, "BIRD").name == "bird.test"
    assert find_service(MODEL, " Quiet.TEST ").name == "quiet.test"


@pytest.mark.parametrize(
    ("text", "told"),
    [("brid", "Did you mean Bird"), ("quiet", "title of quiet.test and other.test")],
)
def test_a_service_that_is_not_found_or_not_one_is_told_with_what_is_meant(
    text: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        find_service(MODEL, text)


def test_a_service_is_not_compared_with_itself() -> None:
    with pytest.raises(UsageError, match="the same service"):
        _ask("Bird", "bird.test")


def test_a_service_is_down_when_all_it_does_is_and_degraded_when_some_is() -> None:
    bird = MODEL.services[0]
    feed, post = "bird.test/feed", "bird.test/post"
    assert service_state({feed: DOWN, post: DOWN}, bird) is DOWN
    assert service_state({feed: DOWN, post: UP}, bird) is DEGRADED
    assert service_state({feed: DEGRADED, post: DEGRADED}, bird) is DEGRADED
    assert service_state({feed: UP, post: UP}, bird) is UP


def test_a_private_part_that_is_called_like_a_provider_is_no_scope() -> None:
    text = TEXT + "components: [{id: origin, declares: [{need: rooms, any_of: [pine/rooms]}]}]\n"
    text = text.replace("any_of: [dale/compute/north]", "any_of: [origin]")
    model = model_from_texts([("m", text)])
    found = compare(_graph(model), model, "bird.test", "quiet.test", 3600.0)
    assert Scope("origin") not in {f.scope for f in found.faults}
    assert [str(s) for s in found.b.stands_on] == ["pine/rooms", "vale/trust"]
