"""What products lean on, what faults and claims name: bad words are told, short ones filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from downwind.terms import ModelError, Scope
from downwind.world.form.deal import deal, deal_scope, stands_on
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import world_from_text
from downwind.world.form.owners import LEASE, owners_model, recovery_after
from downwind.world.form.scenario import load_scenario
from downwind.world.form.schema import WorldFile

from .conftest import SMALL, Starter
from .planes import PLANES

TEXT = PLANES.read_text(encoding="utf-8").partition("claims:")[0]
FRONT = 'front: "acme/proxy#fl2+bots"'


def changed(right: str, wrong: str) -> str:
    assert right in TEXT
    return TEXT.replace(right, wrong)


def complaint(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        world_from_text(text, "w.yaml")
    return caught.value.what


def declared(world: WorldFile, component: str) -> set[str]:
    found = next(each for each in owners_model(world).components if each.id == component)
    return {scope for need in found.declares for scope in need.any_of}


def stands(world: WorldFile, service: str) -> set[str]:
    found = next(each for each in world.services if each.name == service)
    return {str(scope) for scope in stands_on(world, found)}


async def test_a_front_may_be_the_products_id_alone_and_its_name_leads_there(
    tmp_path: Path, start_world: Starter
) -> None:
    text = changed(FRONT, "front: proxy")
    world = world_from_text(text, "w.yaml")
    assert declared(world, "acme/cabinet") == {"nimbus/objects", "acme/proxy"}
    assert "acme/proxy" in stands(world, "badge.test")
    file = tmp_path / "w.yaml"
    file.write_text(text, encoding="utf-8")
    async with start_world(file=file) as outside:
        found = [await outside.resolve(name) for name in ("cabinet.acme.test", "bare.test")]
        assert found[0].answer[0][0].address == found[1].answer[0][0].address
        reply = await outside.get("https://cabinet.acme.test/t/notes/one")
        assert reply.headers["via"] == "1.1 Acme proxy"


def test_a_leaning_with_its_provider_written_out_is_the_same_leaning() -> None:
    written_out = re.sub(r"(leases_in|checked_by): (\w+)", r"\1: PROVIDER/\2", TEXT)
    parts = written_out.split("  - id: stratus\n")
    text = "  - id: stratus\n".join(
        part.replace("PROVIDER", provider)
        for part, provider in zip(parts, ("nimbus", "stratus"), strict=True)
    )
    long, short = world_from_text(text, "w.yaml"), world_from_text(TEXT, "w.yaml")
    assert owners_model(long) == owners_model(short)
    assert stands(long, "shop.test") == stands(short, "shop.test")


def test_leases_in_one_region_are_refused() -> None:
    said = complaint(
        changed("leases_in: tables, checked_by: warden", "leases_in: nimbus/tables/east-1")
    )
    assert (
        "providers.1.products.1.leases_in: nimbus/tables/east-1 is one region of it; "
        "name the product alone, tables"
    ) in said


def test_a_core_that_leads_to_a_broken_core_is_told_with_its_place() -> None:
    text = changed(
        "{id: objects, role: objects, system: keyvalue, checked_by: warden}",
        '{id: objects, role: objects, system: keyvalue, core: "a b"}',
    )
    assert "providers.1.products.3.core: 'a b' is not a scope" in complaint(text)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "rumours: {nimbus: 2, acme: 1}",
            "rumours: {fog: 2}",
            "rumours.fog: there is no provider 'fog'; there is acme, nimbus, stratus",
        ),
        (
            "rumours: {nimbus: 2, acme: 1}",
            "rumours: {}",
            "services.0.gossip.0: ${blamed} is drawn from `rumours`, and there are none; add them",
        ),
    ],
)
def test_rumours_of_nobody_and_blame_without_rumours_are_told(
    right: str, wrong: str, said: str
) -> None:
    assert said in complaint(changed(right, wrong))


def claims(*written: str) -> str:
    head = "who: {en: somebody}, when: 2025-10, said: {en: so}, source: made up"
    return TEXT + "claims:\n" + "".join(f"  - {{{head}, {each}}}\n" for each in written)


ALONE = "id: alone, about: shop.test, kind: independent"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "id: a, about: shed.test, kind: independent, of: nimbus",
            "claims.0.about: there is no service 'shed.test'; there is shop.test, jobs.test",
        ),
        (
            "id: a, about: shop.test, kind: stands-while, other: shed.test",
            "claims.0.other: there is no service 'shed.test'; there is shop.test, jobs.test",
        ),
        (
            "id: a, about: shop.test, kind: no-alternative, role: rain",
            "claims.0.role: there is no role 'rain'; there is dns, edge, edge-store, cloud",
        ),
        (f"{ALONE}, of: fog", "claims.0.of: there is no provider 'fog'; there is acme, nimbus"),
        (f"{ALONE}, of: a b", "claims.0.of: 'a b' is not a scope"),
        (
            f"{ALONE}, of: nimbus/vm/east-9",
            "claims.0.of: nimbus/vm has no region 'east-9'; there is east-1, west-1",
        ),
        (
            f'{ALONE}, of: "acme/proxy#ice"',
            "claims.0.of: acme/proxy has no variant 'ice'; there is fl1, fl2, bots, waf",
        ),
    ],
)
def test_a_claim_of_what_the_world_does_not_have_is_told_with_what_there_is(
    written: str, said: str
) -> None:
    assert said in complaint(claims(written))


def test_two_claims_of_one_id_are_told() -> None:
    said = complaint(claims(f"{ALONE}, of: nimbus", f"{ALONE}, of: acme"))
    assert said.endswith("claims.1.id: the claim 'alone' is there twice.")


@pytest.mark.parametrize(
    "of",
    [
        "nimbus",
        "nimbus/*/east-1",
        "acme/proxy#fl2+bots",
        "acme/proxy#plain",
        "nimbus/vm/east-1#data",
        "nimbus/vm/east-1#control",
        "nimbus/objects/global",
    ],
)
def test_a_claim_may_be_of_any_place_that_owners_can_name(of: str) -> None:
    assert world_from_text(claims(f'{ALONE}, of: "{of}"'), "w.yaml").claims[0].of == of


# --- scenarios

STORM = """
scenario: storm
title: {en: Storm}
about: {en: An emulation.}
world: w.yaml
start: 2026-01-01T10:00:00Z
end: "15:00"
fault: {scope: FAULT, onset: "10:10", until: "14:00"}
timeline:
  - {at: "10:10", do: break}
  - {at: "14:00", do: mend}
"""


def storm(folder: Path, fault: str, text: str = TEXT) -> None:
    (folder / "w.yaml").write_text(text, encoding="utf-8")
    (folder / "s.yaml").write_text(STORM.replace("FAULT", fault), encoding="utf-8")
    scenario = load_scenario(str(folder / "s.yaml"))
    check_scenario(scenario, world_from_text(text, "w.yaml"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            '"acme/proxy#bots+fl2", mode: errors',
            "fault.scope: the parts of #bots+fl2 stand in another order than the variants of "
            "acme/proxy: fl1, fl2, bots, waf",
        ),
        (
            '"acme/proxy#fl2", mode: feature-file',
            "fault.mode: feature-file breaks a bot filter, which comes with a variant, "
            "and acme/proxy#fl2 does not name 'bots'",
        ),
        (
            '"acme/proxy#fl1+bots", mode: killswitch',
            "fault.mode: killswitch breaks the firewall's rules, which come with a variant, "
            "and acme/proxy#fl1+bots does not name 'waf'",
        ),
    ],
)
def test_a_fault_of_variants_that_cannot_be_so_is_told(
    tmp_path: Path, fault: str, said: str
) -> None:
    with pytest.raises(ModelError, match=re.escape(said)):
        storm(tmp_path, fault)


@pytest.mark.parametrize("fault", ['"acme/proxy#fl2+bots"', '"acme/proxy#bots"', "acme/proxy"])
def test_a_fault_of_the_bot_filter_names_it_or_no_variant(tmp_path: Path, fault: str) -> None:
    storm(tmp_path, f"{fault}, mode: feature-file")


def test_an_edge_with_other_variants_alone_has_no_bot_filter_and_no_firewall(
    tmp_path: Path,
) -> None:
    other = "{id: cdn, role: edge, system: edge, variants: [gold]}"
    text = SMALL.read_text(encoding="utf-8").replace("{id: cdn, role: edge, system: edge}", other)
    said = "and zephyr/cdn has none called '{}'"
    with pytest.raises(ModelError, match=said.format("bots")):
        storm(tmp_path, "zephyr/cdn, mode: feature-file", text)
    with pytest.raises(ModelError, match=said.format("waf")):
        storm(tmp_path, "zephyr/cdn, mode: killswitch", text)


def recovering(folder: Path, until: str, recovered: str, end: str = "18:00") -> float:
    text = STORM.replace("FAULT", "nimbus/tables/east-1, mode: errors").replace("14:00", until)
    text = text.replace(f'until: "{until}"', f'until: "{until}", recovered: "{recovered}"')
    file = folder / "s.yaml"
    (folder / "w.yaml").write_text(TEXT, encoding="utf-8")
    file.write_text(text.replace('end: "15:00"', f'end: "{end}"'), encoding="utf-8")
    return load_scenario(str(file)).recovery


def test_what_recovers_after_the_end_is_refused(tmp_path: Path) -> None:
    assert recovering(tmp_path, "14:00", "15:00", end="15:00") == 3600.0
    with pytest.raises(ModelError, match=r"recovered after the end\. Put `end`"):
        recovering(tmp_path, "14:00", "15:01", end="15:00")


def test_a_fault_within_a_lease_leaves_control_planes_nothing_to_recover(tmp_path: Path) -> None:
    assert recovering(tmp_path, "10:20", "10:50") == 0.0
    assert recovering(tmp_path, "10:21", "10:50") == 29 * 60.0
    assert (recovery_after(LEASE), recovery_after(LEASE + 1)) == (0.0, 600.0)


def test_a_fault_of_a_control_plane_is_dealt_among_those_that_have_one() -> None:
    launching = changed(
        'journey: [{do: get, url: "https://shop.test/health"}]',
        'declares: [{need: launch, any_of: ["${cloud#control}"]}]',
    )
    plain = "      - {id: hut, role: cloud, system: compute, regions: [south-1]}\n"
    text = launching.replace("      - {id: warden,", f"{plain}      - {{id: warden,")
    world = world_from_text(text, "w.yaml")
    fault = Scope.parse("nimbus/vm/east-1#control")
    drawn = {str(deal_scope(deal(world, seed), fault, seed)) for seed in range(40)}
    assert drawn == {
        "nimbus/vm/east-1#control",
        "nimbus/vm/west-1#control",
        "stratus/vm/north-1#control",
    }
