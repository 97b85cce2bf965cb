"""World files: what is wrong with one is said with the place and the way out."""

from pathlib import Path

import pytest

from downwind.terms import ModelError
from downwind.world.form.load import load_world, world_from_text
from downwind.world.form.scenario import packaged
from downwind.world.net.addresses import plan_addresses

from .conftest import SMALL
from .planes import PLANES

TEXT = SMALL.read_text(encoding="utf-8")


def complaint(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        world_from_text(text, "w.yaml")
    assert caught.value.where.startswith("w.yaml")
    assert caught.value.todo
    return caught.value.what


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "edge: edge, runs_on: origin",
            "edge: edgy, runs_on: origin",
            "services.0.hosts.0.edge: there is no slot 'edgy'; "
            "news.test has dns, edge, origin, certs",
        ),
        (
            "system: authority",
            "system: oracle",
            "providers.2.products.3.system: Input should be 'nameserver', 'edge', 'compute', "
            "'keyvalue', 'authority' or 'policy'",
        ),
        (
            "cloud: nimbus/vm/west-1",
            "cloud: nimbus/ghost/west-1",
            "services.2.on.cloud: nimbus has no product 'ghost'; "
            "it has dns, vm, tables, certificates",
        ),
        (
            "cloud: nimbus/vm/west-1",
            "cloud: fog/vm/west-1",
            "services.2.on.cloud: there is no provider 'fog'",
        ),
        (
            "cloud: nimbus/vm/west-1",
            "cloud: nimbus/vm",
            "services.2.on.cloud: nimbus/vm is in regions: name one of east-1, west-1",
        ),
        (
            "cloud: nimbus/vm/west-1",
            "cloud: nimbus/vm/east-1/z",
            "services.2.on.cloud: nimbus/vm/east-1 has no zone 'z'",
        ),
        (
            "edge: acme/proxy, cloud",
            "edge: acme/proxy#waf, cloud",
            "services.1.on.edge: acme/proxy has no variant 'waf'",
        ),
        (
            "origin: barn/shelf",
            'origin: "barn / shelf"',
            "services.0.on.origin: 'barn / shelf' is not a scope. "
            "Write provider/product/region/zone#variant, as in aws/dynamodb/us-east-1.",
        ),
        ("host: old.shop.test", "host: shop.test", "services: the host 'shop.test' is there twice"),
        (
            "host: old.shop.test",
            "host: old.store.test",
            "services.2.hosts.1.host: old.store.test is not shop.test nor under it",
        ),
        (
            "keyvalue: store",
            "keyvalue: cloud",
            "services.2.hosts.0.keyvalue: the slot 'cloud' holds nimbus/vm/west-1, "
            "which is a compute; this needs a keyvalue",
        ),
        (
            "{host: news.test, app",
            "{host: news.test, alias: true, app",
            "services.0.hosts.0.alias: the apex of a zone cannot be an alias",
        ),
        (
            "name: news.test",
            "name: acme.test",
            "services.0.name: acme.test belongs to the provider",
        ),
        ("id: zephyr", "id: acme", "providers: the provider 'acme' is there twice"),
        (
            "{id: cdn, role: edge, system: edge}",
            "{id: cdn, role: edge, system: edge, regions: [x]}",
            "providers.1.products.1.regions: only compute and keyvalue products have regions",
        ),
        ("title: A small", "tittle: A small", "tittle: nobody knows this key; is it a typo?"),
        (
            "settings: {max_age: 600}",
            "resources: [{host: tags.test}]",
            "services.1.hosts.0.resources.0.host: no service has the host tags.test",
        ),
    ],
)
def test_a_wrong_world_is_told_where_and_what(right: str, wrong: str, said: str) -> None:
    assert right in TEXT
    assert said in complaint(TEXT.replace(right, wrong, 1))


_CORE = "core: {on: nimbus/objects, known_since: 2025-06-01, source: made up}"
_VM = "regions: [east-1, west-1], leases_in: tables, checked_by: warden}"
_CLAIM = "kind: independent\n    of: nimbus"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            _VM,
            _VM.replace("warden", "tables"),
            "providers.1.products.1.checked_by: nimbus/tables is a keyvalue; this needs a policy",
        ),
        (
            _VM,
            _VM.replace("warden", "porter"),
            "providers.1.products.1.checked_by: nimbus has no product 'porter'",
        ),
        (
            _VM,
            _VM.replace("warden", "stratus/porter"),
            "providers.1.products.1.checked_by: stratus/porter belongs to another provider",
        ),
        (
            _VM,
            _VM.replace("in: tables", "in: warden"),
            "providers.1.products.1.leases_in: nimbus/warden is a policy; this needs a keyvalue",
        ),
        (
            "keyvalue, regions: [east-1, west-1]",
            "keyvalue, regions: [east-1]",
            "providers.1.products.1.leases_in: tables is not in west-1",
        ),
        (
            _VM,
            _VM.replace("in: tables", "in: {at: tables}"),
            "providers.1.products.1.leases_in.at: nobody knows this key",
        ),
        (_CORE, "core: acme/cabinet", "providers.0.products.2.core: it leads back to itself"),
        (
            _CORE,
            "core: nimbus/tables",
            "providers.0.products.2.core: nimbus/tables is in regions: name one of east-1, west-1",
        ),
        (_CORE, "core: fog/objects", "providers.0.products.2.core: there is no provider 'fog'"),
        (
            _CORE,
            "core: nimbus/vm/east-1",
            "providers.0.products.2.core: nimbus/vm/east-1 is a compute; this needs a keyvalue",
        ),
        (
            'front: "acme/proxy#fl2+bots"',
            "front: acme/dns",
            "providers.0.products.2.front: acme/dns is a nameserver",
        ),
        (
            'front: "acme/proxy#fl2+bots"',
            'front: "acme/proxy#bots+fl2"',
            "providers.0.products.2.front: the parts of #bots+fl2 stand in another order than the "
            "variants of acme/proxy",
        ),
        (
            'edge: "acme/proxy#fl1+waf"',
            'edge: "acme/proxy#waf+fl1"',
            "services.4.on.edge: the parts of #waf+fl1 stand in another order",
        ),
        (
            "role: policy, system: policy}",
            "role: policy, system: policy, front: acme/proxy, core: nimbus/objects}",
            "providers.1.products.4.core: only keyvalue products have core; "
            "providers.1.products.4.front: only keyvalue products have front",
        ),
        (
            "system: keyvalue, checked_by: warden}",
            "system: keyvalue, checked_by: warden, leases_in: tables}",
            "providers.1.products.3.leases_in: only compute products have leases_in",
        ),
        (
            "{id: dns, role: dns, system: nameserver}",
            "{id: dns, role: dns, system: nameserver, checked_by: x}",
            "providers.0.products.0.checked_by: only keyvalue and compute products have checked_by",
        ),
        (
            "dealt: false",
            "dealt: now and then",
            "services.2.dealt: Input should be a valid boolean",
        ),
        (
            '{do: get, url: "https://shop.test/?',
            '{do: shout, url: "https://shop.test/?',
            "services.0.gossip.0.do",
        ),
        (
            '{do: get, url: "https://shop.test/?',
            '{do: get, path: "https://shop.test/?',
            "services.0.gossip.0.url",
        ),
        ("{nimbus: 2, acme: 1}", "{nimbus: 0}", "rumours.nimbus: Input should be greater than 0"),
        (
            "{nimbus: 2, acme: 1}",
            "{nimbus: much}",
            "rumours.nimbus: Input should be a valid number",
        ),
        (
            _CLAIM,
            "kind: independent",
            "claims.0: a claim of kind independent needs of",
        ),
        (
            _CLAIM,
            f"{_CLAIM}\n    other: jobs.test",
            "claims.0: a claim of kind independent has no other",
        ),
        (_CLAIM, "kind: bold\n    of: nimbus", "claims.0.kind: Input should be 'independent'"),
        ("when: 2025-10", "when: last year", "claims.0.when: String should match pattern"),
        ("said: {en: we need nobody}", "said: {de: nein}", "claims.0.said.de"),
    ],
)
def test_a_wrong_leaning_rumour_or_claim_is_told_where_and_what(
    right: str, wrong: str, said: str
) -> None:
    text = PLANES.read_text(encoding="utf-8")
    assert right in text
    assert said in complaint(text.replace(right, wrong, 1))


def test_a_scope_alone_is_a_leaning_of_which_nobody_says_since_when_it_is_known() -> None:
    cabinet = load_world(PLANES).product("acme", "cabinet")
    assert cabinet is not None
    assert cabinet.core is not None
    assert cabinet.front is not None
    assert (cabinet.core.on, str(cabinet.core.known_since)) == ("nimbus/objects", "2025-06-01")
    assert (cabinet.front.on, cabinet.front.known_since) == ("acme/proxy#fl2+bots", None)


def test_a_control_plane_has_an_address_of_its_own_beside_the_zones() -> None:
    plan = plan_addresses(load_world(PLANES))
    planes = [site for site in plan.sites if site.scope.variant == "control"]
    assert [str(site.scope) for site in planes] == [
        "nimbus/vm/east-1#control",
        "nimbus/vm/west-1#control",
        "stratus/vm/north-1#control",
    ]
    addresses = [address.v4 for site in plan.sites for address in site.addresses]
    assert len(set(addresses)) == len(addresses)
    assert not any(site in plan.within(site.scope) for site in planes)


def test_what_is_no_world_at_all_is_told_so(tmp_path: Path) -> None:
    assert "this is empty" in complaint("")
    assert "this is a list" in complaint("- 1")
    assert "not valid YAML" in complaint("world: [")
    with pytest.raises(ModelError, match="cannot be read"):
        load_world(tmp_path / "none.yaml")


def test_a_world_without_name_servers_or_authority_is_refused() -> None:
    said = complaint("world: w\nproviders: [{id: a, products: [{id: b, system: compute}]}]")
    assert "no product has the system 'nameserver'; the world needs one" in said
    assert "no product has the system 'authority'; the world needs one" in said


def test_a_user_name_alone_is_an_account_and_more_words_are_its_details() -> None:
    accounts = load_world(SMALL).services[2].accounts
    assert [(a.user, a.password, a.details) for a in accounts] == [
        ("ada", "feather", {"follows": ["grace"]}),
        ("grace", "", {}),
    ]


def test_addresses_are_apart_and_a_prefix_tells_product_and_region() -> None:
    plan = plan_addresses(load_world(SMALL))
    addresses = [a.v4 for site in plan.sites for a in site.addresses]
    networks = [(block.v4, block.v6) for block in plan.blocks]
    assert len(set(addresses)) == len(addresses)
    assert not any(a.overlaps(b) for i, (a, _) in enumerate(networks) for b, _ in networks[:i])
    assert not any(a.overlaps(b) for i, (_, a) in enumerate(networks) for _, b in networks[:i])
    assert {str(b.scope) for b in plan.blocks} >= {"nimbus/vm/east-1", "nimbus/vm/west-1"}


def test_a_provider_that_does_not_fit_into_its_block_is_refused() -> None:
    regions = ", ".join(f"r{n}" for n in range(70))
    world = world_from_text(TEXT.replace("regions: [north-1]", f"regions: [{regions}]"), "w.yaml")
    with pytest.raises(ModelError, match="the provider stratus has 140 products and regions"):
        plan_addresses(world)


def test_the_worlds_that_come_along_are_valid() -> None:
    for file in packaged("worlds").values():
        plan_addresses(load_world(file))
