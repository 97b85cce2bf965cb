"""A deal: deterministic, other with another seed, and always of the same role and system."""

import pytest

from downwind.terms import Scope, UnknownCause
from downwind.world.form.check import complaints
from downwind.world.form.deal import deal, deal_scope, stands_on
from downwind.world.form.load import load_world, world_from_text
from downwind.world.form.scenario import packaged
from downwind.world.form.schema import Product, WorldFile

from .conftest import SMALL
from .planes import PLANES

WORLD = load_world(SMALL)
PLANES_WORLD = load_world(PLANES)


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
            assert any(hit.covers(stand) for stand in stands)


def standing(world: WorldFile, place: Scope) -> int:
    """How many services stand on it, what their products lean on counted in."""
    return sum(
        any(place.covers(scope) for scope in stands_on(world, service))
        for service in world.services
    )


def test_a_place_is_drawn_with_two_victims_and_with_a_neighbour_who_is_spared() -> None:
    drawn = {str(deal_scope(WORLD, Scope.parse("acme/dns"), seed)) for seed in range(30)}
    assert [standing(WORLD, Scope.parse(t)) for t in ("nimbus/dns", "acme/dns")] == [1, 2]
    assert standing(WORLD, Scope.parse("zephyr/names")) == 2
    assert drawn == {"acme/dns"}  # nobody stands on another product of zephyr


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


def test_a_service_that_is_not_dealt_stays_in_every_deal() -> None:
    desks = {str(deal(PLANES_WORLD, seed).services[2].on) for seed in range(30)}
    badges = {str(deal(PLANES_WORLD, seed).services[3].on) for seed in range(30)}
    assert PLANES_WORLD.services[2].name == "desk.test"
    assert desks == {str(PLANES_WORLD.services[2].on)}
    assert len(badges) > 2


def test_where_a_store_keeps_its_data_is_dealt_among_its_like() -> None:
    text = PLANES.read_text(encoding="utf-8").replace(
        "      - {id: porter, role: policy",
        "      - {id: blobs, role: objects, system: keyvalue, checked_by: porter}\n"
        "      - {id: porter, role: policy",
    )
    written = world_from_text(text, "w.yaml")
    dealt = [deal(written, seed) for seed in range(30)]
    cores = {product(world, "acme/cabinet").core for world in dealt}
    assert {core.on for core in cores if core} == {"nimbus/objects", "stratus/blobs"}
    assert {core.source for core in cores if core} == {"made up"}
    assert all(complaints(world) == [] for world in dealt)


@pytest.mark.parametrize(
    ("service", "stands"),
    [
        ("badge.test", {"acme/cabinet", "nimbus/objects", "nimbus/warden", "acme/proxy#fl2+bots"}),
        ("shop.test", {"nimbus/tables/east-1", "nimbus/warden"}),
    ],
)
def test_a_service_stands_on_what_its_products_lean_on(service: str, stands: set[str]) -> None:
    found = next(each for each in PLANES_WORLD.services if each.name == service)
    scopes = {str(scope) for scope in stands_on(PLANES_WORLD, found)}
    assert scopes == stands | set(found.on.values())
