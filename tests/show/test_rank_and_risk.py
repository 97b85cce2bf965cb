"""The verbs over whole graphs, as they are called: rank, of --graph, risk."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from downwind.evidence.log import EvidenceLog
from downwind.show.cli.main import app
from downwind.terms import CannotMeasure, Evidence, Seen, UnknownCause, UsageError

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
EDGES = str(EXAMPLES / "shops-edges.csv")
NODES = str(EXAMPLES / "shops-nodes.csv")
SHOPS = ("--graph", EDGES, "--nodes", NODES)
TREE = """<opsa-mef><define-fault-tree name="shop">
<define-gate name="top"><or><gate name="dns"/><basic-event name="ca"/></or></define-gate>
<define-gate name="dns"><and><basic-event name="a"/><basic-event name="b"/></and></define-gate>
</define-fault-tree><model-data>
<define-basic-event name="a"><float value="0.1"/></define-basic-event>
<define-basic-event name="b"><float value="0.2"/></define-basic-event>
<define-basic-event name="ca"><float value="0.5"/></define-basic-event>
</model-data></opsa-mef>"""
MODEL = """
services:
  - name: shop
    capabilities: [{id: buy, declares: [{need: storage, any_of: [aws/s3]}]}]
"""


def call(*args: str) -> Result:
    return CliRunner().invoke(app, args)


def found(*args: str) -> Any:
    result = call(*args, "--json")
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)


def test_rank_lists_causes_by_weight_with_what_falls_directly_and_indirectly() -> None:
    rows = found("rank", *SHOPS)
    assert rows[:3] == [
        {"cause": "aws", "kind": "provider", "down": 1, "down_weight": 10, "degraded": 0,
         "direct": 1, "indirect": 0},
        {"cause": "aws/ec2", "kind": "product", "down": 1, "down_weight": 10, "degraded": 0,
         "direct": 1, "indirect": 0},
        {"cause": "dns-one", "kind": "provider", "down": 1, "down_weight": 10, "degraded": 0,
         "direct": 1, "indirect": 0},
    ]  # fmt: skip
    assert [row["cause"] for row in rows[3:]] == ["cloudflare", "fastly", "google"]
    assert rows[-1]["degraded"] == 1


def test_rank_keeps_to_the_kind_that_is_asked_for_and_names_the_kinds_otherwise() -> None:
    assert [row["cause"] for row in found("rank", *SHOPS, "--kind", "product")] == ["aws/ec2"]
    result = call("rank", *SHOPS, "--kind", "moon")
    assert isinstance(result.exception, Exception)
    assert "Kinds: product, provider, site." in str(result.exception)


def test_a_need_whose_grace_is_longer_than_the_outage_is_not_lost() -> None:
    short = {row["cause"]: row["down"] for row in found("rank", *SHOPS, "--for", "4m")}
    assert (short["dns-one"], short["aws"]) == (0, 1)


def test_what_providers_need_of_one_another_is_indirect_and_parts_of_one_are_not() -> None:
    days = {row["cause"]: row for row in found("rank", "--graph", EDGES, "--for", "3d")}
    assert (days["aws"]["down"], days["aws"]["direct"]) == (1, 1)


def test_of_an_edge_table_shows_the_chain_to_each_site_and_when_it_is_back() -> None:
    answer = found("of", "aws", *SHOPS, "--for", "1h")
    (site,) = answer["sites"]
    assert site["node"] == "shop.test"
    assert site["back_after"] == 3600 + 600
    assert site["chain"] == [
        {"node": "shop.test", "need": "origin"},
        {"node": "aws/ec2", "need": "part"},
        {"node": "aws", "need": ""},
    ]
    assert (answer["down"], answer["down_weight"], answer["degraded"]) == (1, 10, 0)


def test_of_takes_causes_together_and_a_site_among_them() -> None:
    together = found("of", "cloudflare", "fastly", *SHOPS)
    assert {site["node"] for site in together["sites"]} == {"shop.test", "blog.test"}
    alone = call("of", "blog.test", *SHOPS, "--json")
    assert alone.exit_code == 0
    assert json.loads(alone.stdout)["down"] == 1


def test_the_curve_says_how_many_are_down_against_hours() -> None:
    curve = found("of", "dns-one", "cloudflare", *SHOPS, "--curve")["curve"]
    assert curve == [
        {"hours": 0, "down": 1, "down_weight": 1},
        {"hours": pytest.approx(300 / 3600), "down": 2, "down_weight": 11},
    ]


def test_a_cause_that_is_not_there_is_refused_with_those_that_come_close() -> None:
    result = call("of", "cloudflair", *SHOPS)
    assert "Did you mean cloudflare?" in str(result.exception)


def test_without_probabilities_risk_stops_at_cut_sets_and_says_why() -> None:
    (shop,) = found("risk", "shop.test", "--graph", EDGES)
    assert shop["minimal_cut_sets"] == 4
    assert shop["by_order"] == {"1": 3, "2": 1}
    assert shop["single_points"] == ["dns-one", "aws/ec2", "aws"]
    assert sorted(shop["cut_sets"][-1]) == ["cloudflare", "fastly"]
    assert (shop["probability"], shop["exact"]) == (None, False)
    assert shop["unknown"] == "no event has a probability"
    assert shop["hours_down_a_year"] is None


def test_hours_down_count_graces_and_recovery_lags_of_lone_faults(tmp_path: Path) -> None:
    """Faults of exactly 1 h, twice a year: 40 min after the grace of 20, and 10 min of lag."""
    edges, nodes = tmp_path / "e.csv", tmp_path / "n.csv"
    edges.write_text("node,need,alternative,grace_s\ns,dns,d,1200\n")
    nodes.write_text("node,rate,dur_p50_s,dur_p95_s,recovery_s\nd,2,3600,3600,600\n")
    (site,) = found("risk", "--graph", str(edges), "--nodes", str(nodes))
    assert site["hours_down_a_year"] == pytest.approx(2 * (40 + 10) / 60)
    assert site["probability"] == pytest.approx(2 / 8766)


def test_a_portfolio_says_what_is_exceeded_once_in_so_many_years(tmp_path: Path) -> None:
    """One cause, weight 5 down from minute 20 on; durations log-normal with sigma 1."""
    edges, nodes = tmp_path / "e.csv", tmp_path / "n.csv"
    late = 3600 * math.exp(1.6448536269514722)
    edges.write_text("node,need,alternative,grace_s\ns,dns,d,1200\n")
    nodes.write_text(f"node,weight,rate,dur_p50_s,dur_p95_s\ns,5,,,\nd,1,2,3600,{late!r}\n")
    answer = found("risk", "--portfolio", "--graph", str(edges), "--nodes", str(nodes))
    by_years = {row["years"]: row for row in answer["loss_exceedance"]}
    # Once a year: half of the two faults, those beyond the median of 1 h.
    assert by_years[1]["loss"] == pytest.approx(5 * 40 / 60, rel=1e-6)
    # Once in 10 years: the longest twentieth.
    assert by_years[10]["loss"] == pytest.approx(5 * (late - 1200) / 3600, rel=1e-6)
    assert by_years[1]["probability_a_year"] == pytest.approx(1 - math.exp(-1))
    assert answer["losses"] == [{"cause": "d", "loss_a_year": answer["loss_a_year"]}]


def test_a_portfolio_without_rates_is_refused_for_want_of_them() -> None:
    result = call("risk", "--portfolio", "--graph", EDGES)
    assert "they are not invented" in str(result.exception)


def test_a_rate_with_one_duration_only_is_refused(tmp_path: Path) -> None:
    edges, nodes = tmp_path / "e.csv", tmp_path / "n.csv"
    edges.write_text("node,need,alternative\ns,dns,d\n")
    nodes.write_text("node,rate,dur_p50_s\nd,2,3600\n")
    result = call("risk", "--graph", str(edges), "--nodes", str(nodes))
    assert "Give both" in str(result.exception)


def test_a_fault_tree_gives_cut_sets_probability_and_importance(tmp_path: Path) -> None:
    tree = tmp_path / "tree.xml"
    tree.write_text(TREE)
    (top,) = found("risk", "--open-psa", str(tree))
    assert (top["top"], top["minimal_cut_sets"], top["by_order"]) == ("top", 2, {"1": 1, "2": 1})
    assert top["probability"] == top["lower"] == top["upper"] == pytest.approx(0.51)
    assert top["exact"] is True
    worth = {row["event"]: row for row in top["importance"]}
    assert worth["ca"]["birnbaum"] == pytest.approx(0.98)
    assert worth["ca"]["fussell_vesely"] == pytest.approx(0.5 / 0.51)
    assert worth["a"]["risk_achievement_worth"] == pytest.approx(0.6 / 0.51)
    assert worth["ca"]["risk_reduction_worth"] == pytest.approx(0.51 / 0.02)


def test_an_infinite_worth_is_told_as_such(tmp_path: Path) -> None:
    tree = tmp_path / "tree.xml"
    tree.write_text(TREE.replace('"0.1"', '"0"'))
    (top,) = found("risk", "--open-psa", str(tree))
    worth = {row["event"]: row for row in top["importance"]}
    assert worth["ca"]["risk_reduction_worth"] == "infinite"
    assert "infinite" in call("risk", "--open-psa", str(tree)).stdout


def test_a_tree_that_a_failure_can_repair_is_said_not_to_be_coherent(tmp_path: Path) -> None:
    tree = tmp_path / "tree.xml"
    tree.write_text(TREE.replace('<basic-event name="ca"/>', '<not><basic-event name="a"/></not>'))
    (top,) = found("risk", "--open-psa", str(tree))
    assert top["coherent"] is False
    assert top["probability"] == pytest.approx(0.9 + 0.1 * 0.2)
    assert (
        "Not coherent: a can repair it by failing" in call("risk", "--open-psa", str(tree)).stdout
    )


@pytest.mark.parametrize("columns", ["60", "120"])
@pytest.mark.parametrize(
    "verb", [("rank", *SHOPS), ("of", "aws", *SHOPS, "--curve"), ("risk", *SHOPS)]
)
def test_every_line_fits_the_terminal(
    verb: tuple[str, ...], columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = call(*verb)
    assert result.exit_code in (0, 1)
    assert max(map(len, result.stdout.splitlines())) <= int(columns)


def test_a_nodes_fault_tree_is_written_and_read_back_with_the_same_answer(tmp_path: Path) -> None:
    file = tmp_path / "shop.xml"
    (graph,) = found("risk", "shop.test", *SHOPS, "--write", str(file))
    (tree,) = found("risk", "--open-psa", str(file))
    assert tree["by_order"] == graph["by_order"]
    assert tree["probability"] == pytest.approx(graph["probability"])


def test_only_one_nodes_tree_is_written(tmp_path: Path) -> None:
    result = call("risk", *SHOPS, "--write", str(tmp_path / "all.xml"))
    assert "Name the node" in str(result.exception)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """shop.test by an address of nobody and a name server of Cloudflare's."""
    servers = [{"host": "bob.ns.cloudflare.com"}]
    with EvidenceLog(tmp_path / "store") as log:
        for kind, value in (
            ("dns.a", {"addresses": ["203.0.113.9"]}),
            ("dns.zone", {"zone": "shop.test", "name_servers": servers}),
        ):
            log.append(Evidence("shop.test", kind, Seen(value), 0.0, "here"))
        log.sync()
    return tmp_path / "store"


@pytest.mark.parametrize("verb", [("rank",), ("rank", "--pairs"), ("risk",), ("of", "cloudflare")])
@pytest.mark.parametrize("begun", [False, True])
def test_a_store_without_evidence_is_not_all_clear(
    verb: tuple[str, ...], begun: bool, tmp_path: Path
) -> None:
    store = tmp_path / "none"
    if begun:
        EvidenceLog(store).close()
    result = call(*verb, "--store", str(store))
    assert isinstance(result.exception, CannotMeasure)
    assert f"nothing was mapped in {store}." in str(result.exception)
    assert result.exception.exit_code == 3
    assert result.stdout == ""


@pytest.mark.parametrize("verb", [("rank",), ("risk",), ("of", "aws")])
def test_what_a_model_declares_is_answered_without_a_store(
    verb: tuple[str, ...], tmp_path: Path
) -> None:
    model = tmp_path / "model.yaml"
    model.write_text(MODEL, encoding="utf-8")
    result = call(*verb, "--model", str(model), "--store", str(tmp_path / "none"))
    assert result.exit_code in (0, 1), result.exception
    assert "aws/s3" in result.stdout


def test_risk_and_of_take_a_host_name_for_the_same_node(store: Path) -> None:
    (answer,) = found("risk", "shop.test", "--store", str(store))
    assert answer["top"] == "host:shop.test"
    assert found("of", "shop.test", "--store", str(store))["causes"] == ["host:shop.test"]


def test_a_site_or_cause_of_a_table_is_meant_by_its_host_name_too(tmp_path: Path) -> None:
    edges = tmp_path / "e.csv"
    edges.write_text("node,need,alternative\nhost:s.test,dns,zone:z.test\n")
    answer = found("of", "z.test", "zone:z.test", "--graph", str(edges))
    assert answer["causes"] == ["zone:z.test"]
    assert answer["down"] == 1
    assert answer["others"] == []


def test_a_site_that_comes_close_is_proposed_and_rank_is_not_said_to_list_sites() -> None:
    close = call("risk", "shop.tes", "--graph", EDGES).exception
    assert isinstance(close, UnknownCause)
    assert close.todo == "Did you mean shop.test?"
    far = call("risk", "zzzz", "--graph", EDGES).exception
    assert isinstance(far, UnknownCause)
    assert "name a site as the table or the map has it" in far.todo


def test_rank_leaves_grains_out_and_says_so_and_lists_them_when_asked(store: Path) -> None:
    rows = {row["cause"]: row for row in found("rank", "--store", str(store))}
    assert rows["cloudflare/dns"]["down"] == 1
    assert not [cause for cause in rows if cause.endswith("?")]
    told = " ".join(call("rank", "--store", str(store)).stdout.split())
    assert "Left out: 1 of the kind grain" in told
    (grain,) = found("rank", "--store", str(store), "--kind", "grain")
    assert (grain["cause"], grain["down"]) == ("cloudflare/dns?", 1)
    assert "Left out" not in call("rank", "--store", str(store), "--kind", "grain").stdout
    assert "Left out" not in call("rank", *SHOPS).stdout


def test_what_has_no_hard_need_falls_only_with_itself_and_is_not_called_safe() -> None:
    told = call("risk", "cloudflare", "--graph", EDGES).stdout
    assert told.splitlines() == [
        "What takes cloudflare down",
        "  cannot be judged: it has no hard need here, and falls only with itself",
    ]
    (answer,) = found("risk", "aws", "--graph", EDGES)
    assert answer["events"] == 0
    assert answer["unknown"] == "it has no hard need here, and falls only with itself"


def test_a_node_of_whose_needs_none_has_a_chance_has_no_hours_either(tmp_path: Path) -> None:
    edges, nodes = tmp_path / "e.csv", tmp_path / "n.csv"
    edges.write_text("node,need,alternative\ns,dns,d\nt,dns,e\n")
    nodes.write_text("node,rate,dur_p50_s,dur_p95_s\nd,2,3600,3600\n")
    answers = found("risk", "s", "t", "--graph", str(edges), "--nodes", str(nodes))
    assert [answer["hours_down_a_year"] for answer in answers] == [pytest.approx(2), None]
    assert answers[1]["hours_unknown"].startswith("nothing that it needs can fail by itself")


def test_no_fault_tree_is_written_of_what_falls_only_with_itself(tmp_path: Path) -> None:
    file = tmp_path / "aws.xml"
    result = call("risk", "aws", "--graph", EDGES, "--write", str(file))
    assert isinstance(result.exception, CannotMeasure)
    assert "there is no tree: it has no hard need here" in str(result.exception)
    assert not file.exists()


def test_a_gate_that_is_never_true_ends_without_a_dangling_colon(tmp_path: Path) -> None:
    tree = tmp_path / "tree.xml"
    tree.write_text(
        "<opsa-mef><define-fault-tree name='t'><define-gate name='top'>"
        "<constant value='false'/></define-gate></define-fault-tree></opsa-mef>"
    )
    lines = call("risk", "--open-psa", str(tree)).stdout.splitlines()
    assert "  0 minimal cut sets of 0 events" in lines


def test_a_graph_of_rings_has_no_sites_and_asks_for_a_name(tmp_path: Path) -> None:
    edges = tmp_path / "e.csv"
    edges.write_text("node,need,alternative\na,x,b\nb,x,a\n")
    result = call("risk", "--graph", str(edges))
    assert isinstance(result.exception, UsageError)
    assert "The graph has no site" in str(result.exception)
