"""Who holds the sites of a graph: against a second way of asking, and by examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.graph.tables import NeedRows, Table
from downwind.graph.tables.ranges import starts
from downwind.questions.holders import ALL_LAYERS, Group, Held, Layer, grouping, hold
from downwind.terms import CannotMeasure, UsageError
from tests.questions.holders_twin import Twin, TwinNeed

NAMES = ("dns", "edge", "delegation")
CORE_KINDS = ("provider", "provider", "unknown", "private", "host", "address", "nameserver")


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Twin, dict[str, float], dict[str, str]]:
    """A graph without circles, the weight of each site and the group of each."""
    twin = Twin()
    core = draw(st.integers(1, 8))
    for number in range(core):
        kind = draw(st.sampled_from(CORE_KINDS))
        name = f"{kind}{number}"
        if kind == "provider":
            name = f"p{draw(st.integers(0, 2))}.{draw(st.sampled_from('ab'))}"
        if name in twin.kinds:
            continue
        twin.kinds[name] = kind
        twin.needs[name] = draw(needs(list(twin.kinds)[:-1], 2))
    sites = draw(st.integers(1, 5))
    for number in range(sites):
        name = f"site{number}"
        known = [node for node, kind in twin.kinds.items() if kind != "site"]
        twin.needs[name] = draw(needs(known, 4))
        twin.kinds[name] = "site"
    names = [node for node, kind in twin.kinds.items() if kind == "site"]
    weight = {name: draw(st.sampled_from((0.5, 1.0, 3.0))) for name in names}
    group = {name: draw(st.sampled_from("xy")) for name in names}
    return twin, weight, group


@st.composite
def needs(draw: st.DrawFn, others: list[str], most: int) -> list[TwinNeed]:
    if not others:
        return []
    found = []
    for _ in range(draw(st.integers(0, most))):
        some = draw(st.lists(st.sampled_from(others), min_size=1, max_size=3, unique=True))
        found.append(
            TwinNeed(
                draw(st.sampled_from(NAMES)),
                tuple(some),
                draw(st.sampled_from((1, 1, 1, len(some), max(1, len(some) - 1)))),
                draw(st.sampled_from((True, True, True, False))),
                draw(st.sampled_from((False, False, False, True))),
            )
        )
    return found


def table_of(twin: Twin, weight: dict[str, float]) -> Table:
    """The same as arrays. Whoever nobody needs is a site all the same, or a core node."""
    core = [node for node, kind in twin.kinds.items() if kind != "site"]
    sites = [node for node, kind in twin.kinds.items() if kind == "site"]
    number = {node: place for place, node in enumerate(core)}
    names: dict[str, int] = {}
    kinds = tuple(dict.fromkeys(twin.kinds.values()))

    def rows(nodes: Sequence[str]) -> NeedRows:
        flat, numbered = [], []
        for node in nodes:
            met: dict[str, int] = {}
            for need in twin.needs[node]:
                met[need.name] = met.get(need.name, 0) + 1
                name = need.name if met[need.name] == 1 else f"{need.name} {met[need.name]}"
                flat.append(need)
                numbered.append(names.setdefault(name, len(names)))
        return NeedRows(
            start=starts(np.array([len(twin.needs[node]) for node in nodes], dtype=np.int64)),
            k=np.array([need.k for need in flat], dtype=np.int32),
            hard=np.array([need.hard for need in flat], dtype=np.bool_),
            grace=np.array([np.inf if need.lasting else 60.0 for need in flat]),
            alt_start=starts(np.array([len(n.alternatives) for n in flat], dtype=np.int64)),
            alt=np.array([number[a] for n in flat for a in n.alternatives], dtype=np.int32),
            name=np.array(numbered, dtype=np.int32),
        )

    columns = rows(core), rows(sites)
    return Table(
        core_names=tuple(core),
        site_names=tuple(sites),
        core=columns[0],
        sites=columns[1],
        need_names=tuple(names),
        kinds=kinds,
        kind=np.array([kinds.index(twin.kinds[n]) for n in [*core, *sites]], dtype=np.int32),
        weight=np.array([1.0] * len(core) + [weight[site] for site in sites]),
    )


def owners(twin: Twin) -> dict[str, str]:
    providers = [node for node, kind in twin.kinds.items() if kind == "provider"]
    return {node: node.partition(".")[0] for node in providers}


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_every_figure_is_what_asking_site_by_site_gives(
    drawn: tuple[Twin, dict[str, float], dict[str, str]],
) -> None:
    twin, weight, group = drawn
    table = table_of(twin, weight)
    assert table.site_names is not None
    parts = grouping("part", [group[site] for site in table.site_names])
    try:
        found = hold(table, None, owners(twin), parts)
    except CannotMeasure:
        assert not any(twin.uses(site, None, in_all=False) for site in weight)
        return
    check_group(twin, weight, list(weight), found.whole)
    for each in found.groups:
        check_group(twin, weight, [s for s in weight if group[s] == each.name], each)


def check_group(twin: Twin, weight: dict[str, float], sites: list[str], group: Group) -> None:
    assert group.sites == len(sites)
    names = {layer.name for layer in group.layers}
    for layer in group.layers:
        name = None if layer.name == ALL_LAYERS else layer.name
        check_layer(twin, weight, sites, layer, name)
    used = {n for n in ("dns", "edge", "network", "dns hosting")
            if any(twin.uses(s, n, in_all=False) for s in sites)}  # fmt: skip
    assert names - {ALL_LAYERS} == used


def check_layer(
    twin: Twin, weight: dict[str, float], sites: list[str], layer: Layer, name: str | None
) -> None:
    direct = {site: twin.uses(site, name, in_all=False) for site in sites}
    members = [site for site in sites if direct[site]]
    whole = sum(weight[site] for site in members)
    assert layer.sites == len(members)
    assert layer.weight == pytest.approx(whole)
    in_all = {site: twin.uses(site, name, in_all=True) for site in members}
    held = {each.holder: each for each in layer.held}
    somebody = {h for uses in in_all.values() for h in uses if twin.sort(h) != "private"}
    assert set(held) == somebody
    for holder, each in held.items():
        assert each.sort == twin.sort(holder)
        leaning = [[s for s in members if holder in uses[s]] for uses in (direct, in_all)]
        falling = [
            [s for s in members if twin.falls(s, name, {holder}, in_all=whole_way)]
            for whole_way in (False, True)
        ]
        assert sites_of(each) == [len(those) for those in (*leaning, *falling)]
        assert each.falls_in_all.share == pytest.approx(
            sum(weight[s] for s in falling[1]) / whole if whole else 0
        )
    check_portions(twin, members, layer, name)
    check_backing(twin, members, layer, name)
    check_split(twin, weight, direct, members, layer)


def sites_of(held: Held) -> list[int]:
    portions = (held.uses, held.uses_in_all, held.falls, held.falls_in_all)
    return [portion.sites for portion in portions]


def check_portions(twin: Twin, members: list[str], layer: Layer, name: str | None) -> None:
    def lean(sort: str) -> int:
        uses = [twin.uses(site, name, in_all=False) for site in members]
        return sum(any(twin.sort(holder) == sort for holder in each) for each in uses)

    def fall(in_all: bool) -> int:
        others = [holder for holder in twin.holders() if twin.sort(holder) != "private"]
        return sum(
            any(twin.falls(site, name, {holder}, in_all=in_all) for holder in others)
            for site in members
        )

    assert (layer.private.sites, layer.unknown.sites) == (lean("private"), lean("unknown"))
    assert (layer.lone.sites, layer.lone_in_all.sites) == (fall(False), fall(True))


def check_backing(twin: Twin, members: list[str], layer: Layer, name: str | None) -> None:
    holders = twin.holders()
    unknown = {h for h in holders if twin.sort(h) == "unknown"}
    own = {h for h in holders if twin.sort(h) == "private"}
    counts = dict.fromkeys(type(layer.redundancy).__slots__, 0)
    for site in members:
        counts[fate(twin, site, name, holders, unknown, own)] += 1
    assert counts == {key: getattr(layer.redundancy, key).sites for key in counts}


def fate(
    twin: Twin, site: str, name: str | None, holders: set[str], unknown: set[str], own: set[str]
) -> str:
    def falls(failed: set[str], whole_way: bool) -> bool:
        return twin.falls(site, name, failed, in_all=whole_way)

    if not twin.must(site, name):
        return "soft"
    if any(falls({h}, False) for h in holders - own):
        return "one"
    if any(falls({h}, False) for h in own):
        return "own"
    if any(falls({h}, True) for h in holders - own):
        return "behind"
    if unknown and any(falls(unknown | {h}, True) for h in holders):
        return "unknown"
    if any(falls(unknown | own | {h}, True) for h in holders) and (unknown or own):
        return "beside"
    return "separate"


def check_split(
    twin: Twin,
    weight: dict[str, float],
    direct: dict[str, set[str]],
    members: list[str],
    layer: Layer,
) -> None:
    mass: dict[str, float] = {}
    for site in members:
        others = {h for h in direct[site] if twin.sort(h) != "private"} or direct[site]
        for holder in others:
            mass[holder] = mass.get(holder, 0.0) + weight[site] / len(others)
    whole = sum(mass.values())
    found = layer.concentration
    assert (found is None) == (not members)
    if found is None:
        return
    assert found.holders == len(mass)
    index = sum((part / whole) ** 2 for part in mass.values())
    alone = sum((weight[site] / whole) ** 2 for site in members)
    assert found.hhi == pytest.approx(index)
    assert found.score == pytest.approx(index - alone)
    assert found.top[0][1] == pytest.approx(max(mass.values()) / whole)


def layer_of(found: Group, name: str) -> Layer:
    return next(layer for layer in found.layers if layer.name == name)


def simple(kinds: dict[str, str], needs: dict[str, list[TwinNeed]]) -> Table:
    twin = Twin(
        kinds={**kinds, **{node: "site" for node in needs if node not in kinds}},
        needs={node: needs.get(node, []) for node in [*kinds, *needs]},
    )
    return table_of(twin, {node: 1.0 for node, kind in twin.kinds.items() if kind == "site"})


def test_two_products_of_one_owner_are_one_holder_and_no_redundancy() -> None:
    table = simple(
        {"x1": "provider", "x2": "provider", "y": "provider"},
        {"s": [TwinNeed("dns", ("x1", "x2"))], "t": [TwinNeed("dns", ("x1", "y"))]},
    )
    apart = hold(table).whole.layers[0].redundancy
    joined = hold(table, None, {"x1": "X", "x2": "X"}).whole.layers[0].redundancy
    assert (apart.one.sites, apart.separate.sites) == (0, 2)
    assert (joined.one.sites, joined.separate.sites) == (1, 1)


FATES: list[tuple[str, tuple[str, ...], int]] = [
    ("one", ("a",), 1),
    ("one", ("a", "b"), 2),
    ("one", ("nobody's",), 1),
    ("own", ("own",), 1),
    ("beside", ("a", "own"), 1),
    ("beside", ("a", "b", "own"), 2),
    ("unknown", ("a", "nobody's"), 1),
    ("unknown", ("nobody's", "strange"), 1),
    ("unknown", ("own", "nobody's"), 1),
    ("unknown", ("a", "b", "nobody's"), 2),
    ("unknown", ("rock", "nobody's", "strange"), 2),
    ("separate", ("a", "b"), 1),
    ("separate", ("a", "b", "nobody's"), 1),
    ("separate", ("a", "b", "c"), 2),
]


@pytest.mark.parametrize(("fate", "alternatives", "k"), FATES)
def test_what_stands_in_for_a_holder_counts_by_what_is_known_of_it(
    fate: str, alternatives: tuple[str, ...], k: int
) -> None:
    kinds = dict.fromkeys("abc", "provider")
    kinds |= {"own": "private", "nobody's": "unknown", "strange": "unknown", "rock": "host"}
    table = simple(kinds, {"s": [TwinNeed("dns", alternatives, k)]})
    (layer,) = hold(table).whole.layers
    redundancy = layer.redundancy
    assert layer.lone.sites == layer.lone_in_all.sites == int(fate == "one")
    assert {key: getattr(redundancy, key).sites for key in type(redundancy).__slots__} == {
        key: int(key == fate) for key in type(redundancy).__slots__
    }


def test_the_catalogue_says_whose_products_are_one() -> None:
    text = "id: {0}\nname: {0} inc\nowner: One Owner\nproducts: [{{id: p, role: dns, name: P}}]\n"
    catalog = Catalog.from_texts([text.format("aaa"), text.format("bbb")])
    table = simple(
        {"aaa/p": "product", "bbb": "provider", "ccc": "provider"},
        {"s": [TwinNeed("dns", ("aaa/p", "bbb"))], "t": [TwinNeed("dns", ("ccc",))]},
    )
    alone = simple({"aaa/p": "product"}, {"s": [TwinNeed("dns", ("aaa/p",))]})
    assert hold(alone, catalog).whole.layers[0].held[0].holder == "aaa inc"
    (layer,) = hold(table, catalog).whole.layers
    assert [(each.holder, each.providers) for each in layer.held] == [
        ("One Owner", ("aaa", "bbb")),
        ("ccc", ()),
    ]
    assert layer.redundancy.one.sites == 2


def test_a_site_that_falls_through_its_providers_only_has_several_behind_which_there_is_one() -> (
    None
):
    table = simple(
        {"a": "provider", "b": "provider", "cloud": "provider"},
        {
            "a": [TwinNeed("runs on", ("cloud",))],
            "b": [TwinNeed("runs on", ("cloud",))],
            "s": [TwinNeed("edge", ("a", "b"))],
        },
    )
    (layer,) = hold(table).whole.layers
    assert layer.redundancy.behind.sites == 1
    assert (layer.lone.sites, layer.lone_in_all.sites) == (0, 1)
    cloud = next(each for each in layer.held if each.holder == "cloud")
    assert sites_of(cloud) == [0, 1, 0, 1]


def test_providers_that_need_each_other_fall_together() -> None:
    table = simple(
        {"a": "provider", "b": "provider"},
        {
            "a": [TwinNeed("dns", ("b",))],
            "b": [TwinNeed("dns", ("a",))],
            "s": [TwinNeed("edge", ("a",))],
        },
    )
    (layer,) = hold(table).whole.layers
    assert {each.holder: sites_of(each) for each in layer.held} == {
        "a": [1, 1, 1, 1],
        "b": [0, 1, 0, 1],
    }


def test_a_layer_is_named_by_the_need_that_leads_from_components_to_a_holder() -> None:
    table = simple(
        {"zone": "host", "server": "nameserver", "nobodys": "address", "p": "provider"},
        {
            "zone": [TwinNeed("name servers", ("server",)), TwinNeed("delegation", ("nobodys",))],
            "server": [TwinNeed("dns hosting", ("p",)), TwinNeed("address", ("nobodys",))],
            "s": [TwinNeed("dns", ("zone",))],
        },
    )
    found = hold(table)
    assert [layer.name for layer in found.whole.layers] == [ALL_LAYERS, "dns hosting", "network"]
    network = layer_of(found.whole, "network")
    assert [(each.holder, each.sort) for each in network.held] == [("nobodys", "unknown")]
    assert found.not_followed == 2


def test_ranks_are_nested_and_text_makes_a_group_each() -> None:
    table = simple({"p": "provider"}, {f"s{n}": [TwinNeed("dns", ("p",))] for n in range(4)})
    ranked = hold(table, None, None, grouping("rank", ["1", "100", "101", None]))
    assert [(group.name, group.sites) for group in ranked.groups] == [
        ("top 100", 2),
        ("top 1,000", 3),
    ]
    assert ranked.whole.sites == 4
    named = hold(table, None, None, grouping("kind", ["city", "city", None, "tribe"]))
    assert [(g.name, g.sites) for g in named.groups] == [
        ("city", 2), ("(not given)", 1), ("tribe", 1),
    ]  # fmt: skip


def test_the_twelfth_value_and_all_after_it_are_one_group() -> None:
    values = [str(value) for value in range(20)]
    names = grouping("kind", values).names
    assert (len(names), names[-1]) == (12, "others")


@pytest.mark.parametrize("rank", ["0", "-1", "1.5", "one", "²"])
def test_what_is_no_rank_is_refused(rank: str) -> None:
    with pytest.raises(UsageError, match="is not a rank"):
        grouping("rank", ["1", rank])


def test_a_list_on_which_nobody_leans_on_anybody_cannot_be_measured() -> None:
    with pytest.raises(CannotMeasure) as error:
        hold(simple({"p": "provider", "h": "host"}, {"s": [TwinNeed("on", ("h",))], "t": []}))
    assert str(error.value).endswith(
        "no site of the list leans on anybody; 2 sites and 1 need were read."
    )


def test_the_largest_holder_is_who_is_leaned_on_directly_and_even_ones_are_both_largest() -> None:
    table = simple(
        {"a cloud": "provider", "b": "provider", "c": "provider"},
        {
            "b": [TwinNeed("runs on", ("a cloud",))],
            "c": [TwinNeed("runs on", ("a cloud",))],
            "s": [TwinNeed("edge", ("b", "c"))],
        },
    )
    (layer,) = hold(table).whole.layers
    assert layer.held[0].holder == "a cloud"
    assert [held.holder for held in layer.largest()] == ["b", "c"]


def test_holders_that_are_sites_own_are_counted_apart_from_those_that_are_listed() -> None:
    table = simple(
        {"a": "provider", "own": "private", "mine": "private", "cloud": "provider"},
        {
            "a": [TwinNeed("runs on", ("cloud",))],
            "s": [TwinNeed("dns", ("a",))],
            "t": [TwinNeed("dns", ("own",))],
            "u": [TwinNeed("dns", ("a", "mine"))],
        },
    )
    (layer,) = hold(table).whole.layers
    assert layer.concentration is not None
    assert (layer.concentration.holders, layer.private_holders(), len(layer.held)) == (2, 1, 2)
