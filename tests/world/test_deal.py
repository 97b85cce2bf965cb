"""A deal: deterministic, other with another seed, and always of the same role and system."""

import pytest

from downwind.terms import Scope, UnknownCause
from downwind.world.form.check import complaints
from downwind.world.form.deal import deal, deal_scope, touches
from downwind.world.form.load import load_world, world_from_text
from downwind.world.form.scenario import packaged
from downwind.world.form.schema import Product, WorldFile

from .conftest import SMALL

WORLD = load_world(SMALL)


def product(world: WorldFile, text: str) -> Product:
    scope = Scope.parse(text)
    found = world.product(scope.provider, scope.product)
    assert found is not None
    return found


def test_the_plain_deal_changes_nothing() -> None:
    assert deal(WORLD, None) == WORLD
    scope = Scope.parse("acme/proxy#bots")
    assert deal_scope(WORLD, scope, None) == scope


def test_a_seed_always_deals_the_same_and_seeds_differ() -> None:
    dealt = [deal(WORLD, seed) for seed in range(20)]
    assert dealt == [deal(WORLD, seed) for seed in range(20)]
    assert len({repr([s.on for s in world.services]) for world in dealt}) > 10


def test_every_deal_is_a_valid_world_of_the_same_roles() -> None:
    for seed in range(50):
        world = deal(WORLD, seed)
        assert complaints(world) == []
        for before, after in zip(WORLD.services, world.services, strict=True):
            for slot, text in before.on.items():
                was, now = product(WORLD, text), product(WORLD, after.on[slot])
                assert (was.role, was.system) == (now.role, now.system)
                if was.role is None:
                    assert after.on[slot] == text


def test_a_variant_is_kept_where_the_drawn_product_has_it() -> None:
    drawn = {deal(WORLD, seed).services[0].on["edge"] for seed in range(30)}
    assert drawn == {"acme/proxy#bots", "zephyr/cdn"}


def test_another_service_leaves_the_deal_of_the_others_as_it_is() -> None:
    fewer = WORLD.model_copy(update={"services": WORLD.services[1:]})
    assert deal(fewer, 7).services == deal(WORLD, 7).services[1:]


@pytest.mark.parametrize(
    ("text", "system"),
    [("acme/proxy", "edge"), ("nimbus/tables/east-1", "keyvalue"), ("acme/proxy#bots", "edge")],
)
def test_the_fault_hits_one_of_the_same_kind_on_which_somebody_stands(
    text: str, system: str
) -> None:
    for seed in range(30):
        world = deal(WORLD, seed)
        hit = deal_scope(world, Scope.parse(text), seed)
        assert hit == deal_scope(world, Scope.parse(text), seed)
        assert product(world, str(hit)).system == system
        assert (hit.variant, bool(hit.region)) == (
            Scope.parse(text).variant,
            bool(Scope.parse(text).region),
        )
        stands = [Scope.parse(t) for service in world.services for t in service.on.values()]
        if hit.variant is None:
            assert any(touches(hit, stand) for stand in stands)


def standing(world: WorldFile, place: Scope) -> int:
    """How many services stand on it."""
    return sum(
        any(touches(place, Scope.parse(text)) for text in service.on.values())
        for service in world.services
    )


def test_a_place_with_one_service_is_not_drawn_where_another_has_two() -> None:
    drawn = {str(deal_scope(WORLD, Scope.parse("acme/dns"), seed)) for seed in range(30)}
    assert [standing(WORLD, Scope.parse(t)) for t in ("nimbus/dns", "acme/dns")] == [1, 2]
    assert drawn == {"acme/dns", "zephyr/names"}


@pytest.mark.parametrize("text", ["cloudflare/proxy#bots", "aws/ec2/us-east-1", "aws"])
def test_a_dealt_fault_has_two_victims_wherever_any_place_has(text: str) -> None:
    written = load_world(packaged("worlds")["founding"])
    for seed in range(20):
        world = deal(written, seed)
        drawn = {str(deal_scope(world, Scope.parse(text), other)) for other in range(30)}
        counts = {standing(world, Scope.parse(place)) for place in drawn}
        assert min(counts) >= 1
        assert min(counts) >= min(2, max(counts))


def test_the_fault_hits_no_variant_on_which_nobody_stands() -> None:
    other = "{id: cdn, role: edge, system: edge, variants: [bots]}"
    text = SMALL.read_text(encoding="utf-8").replace("{id: cdn, role: edge, system: edge}", other)
    text = text.replace("edge: acme/proxy, cloud", "edge: zephyr/cdn, cloud")
    world = world_from_text(text, "w.yaml")
    drawn = {str(deal_scope(world, Scope.parse("zephyr/cdn#bots"), seed)) for seed in range(30)}
    assert drawn == {"acme/proxy#bots"}


def test_a_fault_on_a_whole_provider_or_region_moves_too() -> None:
    whole = {str(deal_scope(deal(WORLD, s), Scope.parse("nimbus"), s)) for s in range(30)}
    region = {str(deal_scope(deal(WORLD, s), Scope.parse("nimbus/*/east-1"), s)) for s in range(30)}
    assert {"nimbus", "stratus"} <= whole
    assert {"nimbus/*/east-1", "stratus/*/north-1"} <= region


def test_a_fault_on_what_the_world_does_not_hold_is_refused() -> None:
    with pytest.raises(UnknownCause, match="holds no fog/vm"):
        deal_scope(WORLD, Scope.parse("fog/vm"), 1)
