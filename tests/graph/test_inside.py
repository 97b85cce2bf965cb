"""What was read from inside becomes needs, each with its kind, its reason and its evidence."""

import json
import time
from datetime import date
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.evidence.inside import Reading, records_of
from downwind.evidence.inside.backstage import read_backstage
from downwind.evidence.inside.dnslog import read_dnslog
from downwind.evidence.inside.otel import read_otel
from downwind.evidence.inside.terraform import read_terraform
from downwind.evidence.records import evidence_id
from downwind.graph import Graph, GraphBuilder, build_graph
from downwind.graph.inside.resources import makers
from downwind.graph.tables import table_of
from downwind.model import Model, model_from_texts
from downwind.terms import Alternative, Evidence, Need, Seen, Standing, Strength

NOW = 1763500000.0
CATALOG = Catalog.from_texts(
    [
        """
id: aws
name: AWS
products:
  - {id: dynamodb, role: keyvalue, name: DynamoDB}
  - {id: cloudfront, role: edge, name: CloudFront}
  - {id: ec2, role: cloud, name: EC2}
  - {id: elb, role: cloud, name: ELB}
facts:
  - {kind: api_host, suffix: "dynamodb.{region}.amazonaws.com", product: dynamodb,
     unconfirmed: true}
  - {kind: api_host, suffix: amazonaws.com, unconfirmed: true}
  - {kind: cname, suffix: cloudfront.net, product: cloudfront, unconfirmed: true}
  - {kind: cname, suffix: "{region}.elb.amazonaws.com", product: elb, unconfirmed: true}
regions: [us-east-1, us-west-2]
---
id: fastly
name: Fastly
products: [{id: cdn, role: edge, name: CDN}]
facts: [{kind: cname, suffix: fastly.net, product: cdn, unconfirmed: true}]
---
id: stripe
name: Stripe
products: [{id: payments, role: payments, name: Payments}]
facts: [{kind: api_host, suffix: stripe.com, product: payments, unconfirmed: true}]
"""
    ]
)
Records = list[tuple[str, Evidence]]


def records(reading: Reading, node: str = "x.test", now: float = NOW, source: str = "f") -> Records:
    found = records_of(reading, node=node, source=source, now=now)
    return [(evidence_id(record), record) for record in found]


def log(text: str) -> Reading:
    return read_dnslog(BufferedReader(BytesIO(text.encode())), now=NOW)  # type: ignore[arg-type, unused-ignore]


def graph(*found: Records, model: Model | None = None, **options: Any) -> Graph:
    everything = [each for part in found for each in part]
    return build_graph(everything, CATALOG, model or Model(), **options)


def needs(of: Graph, node: str) -> dict[str, Need]:
    return {need.name: need for need in of.nodes[node].needs}


def edges(of: Graph, standing: Standing | None = None) -> set[tuple[str, str, str]]:
    return {
        (node.id, alternative.node, need.strength)
        for node in of.nodes.values()
        for need in node.needs
        for alternative in need.alternatives
        if standing in (None, need.standing)
    }


QUERY = "[1763424003] unbound[1:0] info: 192.0.2.{} {}. A IN\n"
NETWORK = "this network"


def test_a_look_up_is_an_observed_soft_need_that_says_why() -> None:
    reading = log("".join(QUERY.format(n % 2, "api.stripe.com") for n in range(1200)))
    found = graph(records(reading, NETWORK, source="q.log"))

    need = needs(found, NETWORK)["use of api.stripe.com"]
    assert (need.strength, need.standing) == (Strength.SOFT, Standing.OBSERVED)
    assert need.why == (
        "looked up 1,200 times by 2 machines on 2025-11-18 (q.log); use is no proof that it cannot "
        "do without"
    )
    assert need.evidence == (records(reading, NETWORK, source="q.log")[0][0],)


def test_a_host_needs_whose_it_is_by_the_finest_word() -> None:
    hosts = ("dynamodb.us-east-1.amazonaws.com", "a.us-west-2.elb.amazonaws.com", "a.example.net")
    found = graph(records(log("".join(QUERY.format(1, host) for host in hosts))))

    assert edges(found) >= {
        ("host:dynamodb.us-east-1.amazonaws.com", "aws/dynamodb/us-east-1?", "hard"),
        ("host:a.us-west-2.elb.amazonaws.com", "aws/elb/us-west-2?", "hard"),
        ("host:a.example.net", "domain:example.net", "hard"),
    }
    assert found.nodes["host:x.test"].needs


@pytest.mark.parametrize(
    ("aliases", "carriers"),
    [
        (["d1.cloudfront.net"], {("aws/cloudfront?", "hard")}),
        (["d1.cloudfront.net", "d2.cloudfront.net"], {("aws/cloudfront?", "hard")}),
        (
            ["d1.cloudfront.net", "x.fastly.net"],
            {("aws/cloudfront?", "soft"), ("fastly/cdn?", "soft")},
        ),
        (["b.example.net"], set()),
    ],
)
def test_who_carries_a_host_is_read_from_the_answers(
    aliases: list[str], carriers: set[tuple[str, str]]
) -> None:
    answers = [{"Rdata": f"{alias}.", "Type": "CNAME"} for alias in aliases]
    line = {"query_name": "a.example.net.", "query_type": "A", "answers": answers}
    found = graph(records(log(json.dumps({**line, "rcode": "NOERROR"}) + "\n")))

    assert {
        (target, strength)
        for node, target, strength in edges(found)
        if node == "host:a.example.net" and not target.startswith("domain:")
    } == carriers


def test_an_alias_that_was_measured_goes_before_that_of_a_log() -> None:
    cname = Evidence(
        "a.example.net", "dns.cname", Seen({"target": "x.fastly.net", "ttl": 60}), 1.0, "here"
    )
    answer = [{"Rdata": "d1.cloudfront.net", "Type": "CNAME"}]
    line = {
        "query_name": "a.example.net.",
        "query_type": "A",
        "rcode": "NOERROR",
        "answers": answer,
    }
    found = graph([("e1", cname)], records(log(json.dumps(line) + "\n")))

    targets = {target for node, target, _ in edges(found) if node == "host:a.example.net"}
    assert "fastly/cdn?" in targets
    assert "aws/cloudfront?" not in targets


def test_logs_add_up_and_one_that_is_read_again_counts_once() -> None:
    both = QUERY.format(1, "a.example.net") + QUERY.format(1, "b.example.net")
    first = records(log(both), source="monday")
    again = records(log(QUERY.format(1, "a.example.net") * 5), source="monday", now=NOW + 9)
    other = records(log(QUERY.format(2, "a.example.net") * 2), source="tuesday", now=NOW + 9)
    found = needs(graph(first, again, other), "host:x.test")

    assert list(found) == ["use of a.example.net", "use of b.example.net"]
    assert found["use of a.example.net"].why.startswith(
        "looked up 7 times by one machine on 2025-11-18 (monday, tuesday)"
    )
    assert len(found["use of a.example.net"].evidence) == 2


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("x.test", "host:x.test"),
        ("X.Test.", "host:x.test"),
        ("x.test/feed", "x.test/feed"),
        ("the office", "the office"),
    ],
)
def test_needs_are_those_of_the_node_that_is_named(name: str, node: str) -> None:
    text = "services: [{name: x.test, capabilities: [{id: feed}]}]"
    found = graph(
        records(log(QUERY.format(1, "api.stripe.com")), name), model=model_from_texts([("m", text)])
    )

    assert "use of api.stripe.com" in needs(found, node)
    assert found.nodes["x.test/feed"].kind == "capability"


def test_what_could_not_be_read_is_unknown_with_its_place() -> None:
    found = graph(records(log(QUERY.format(1, "a.example.net") + "junk\n"), source="q.log"))

    assert [(u.subject, u.kind, u.reason) for u in found.unknowns] == [
        ("q.log", "inside.reading", "1 place could not be read, the first at line 2")
    ]


def test_a_node_may_need_thousands_of_hosts() -> None:
    builder = GraphBuilder()
    builder.node("n", "service")
    began = time.process_time()
    for number in range(20_000):
        host = builder.node(f"host:{number}", "host")
        builder.need("n", Need(f"use of {number}", (Alternative(host),)))
        builder.need("n", Need("the same again", (Alternative(host),)))
    table = table_of(builder.build())

    # One look at all needs for each of them would take minutes.
    assert time.process_time() - began < 10
    assert len(table.need_names) == 20_000


def calls(*rows: tuple[str, str, str, float, float]) -> Reading:
    results = [
        {
            "metric": {
                "client": client,
                "server": server,
                "connection_type": connection,
                "outcome": outcome,
            },
            "value": [0, str(value)],
        }
        for client, server, connection, total, failed in rows
        for outcome, value in (("all", total), ("failed", failed))
    ]
    data = {"resultType": "vector", "result": results}
    return read_otel(json.dumps({"status": "success", "data": data}).encode())


def test_calls_are_observed_soft_needs_with_their_rate() -> None:
    reading = calls(
        ("shop", "orders", "", 4.0, 0.02), ("orders", "api.stripe.com", "virtual_node", 1, 0)
    )
    found = graph(records(reading, NETWORK))

    need = needs(found, "service:shop")["call of orders"]
    assert (need.strength, need.standing) == (Strength.SOFT, Standing.OBSERVED)
    assert need.why == (
        "shop called orders 4 times a second, 0.50% of them failed; use is no proof that it cannot "
        "do without"
    )
    assert edges(found) == {
        (NETWORK, "service:shop", "soft"),
        ("service:shop", "service:orders", "soft"),
        ("service:orders", "host:api.stripe.com", "soft"),
        ("host:api.stripe.com", "stripe/payments?", "hard"),
        ("stripe/payments?", "stripe/payments", "hard"),
        ("stripe/payments", "stripe", "hard"),
    }


@pytest.mark.parametrize(
    ("rows", "node", "entries"),
    [
        ([("user", "a", "virtual_node", 1, 0), ("b", "c", "", 1, 0)], NETWORK, {"service:a"}),
        ([("a", "b", "", 1, 0), ("b", "c", "", 1, 0)], NETWORK, {"service:a"}),
        ([("a", "b", "", 1, 0), ("b", "a", "", 1, 0)], NETWORK, {"service:a", "service:b"}),
        ([("a", "b", "", 1, 0), ("b", "c", "", 1, 0)], "b", {"service:b"}),
        ([("a", "b", "", 1, 0)], "service:a", set()),
    ],
)
def test_calls_begin_with_people_with_nobody_or_with_the_node_itself(
    rows: list[tuple[str, str, str, float, float]], node: str, entries: set[str]
) -> None:
    found = graph(records(calls(*rows), node))

    begin = {n.alternatives[0].node for n in found.nodes[node].needs if n.name.startswith("use of")}
    assert begin == entries


def test_a_callee_without_a_name_is_unknown() -> None:
    found = graph(records(calls(("shop", "unknown", "virtual_node", 1, 0))))

    assert ("shop", "it calls something that its traces do not name") in {
        (u.subject, u.reason) for u in found.unknowns
    }
    assert "service:unknown" not in found.nodes


@pytest.fixture
def examples(project: Path) -> Path:
    return project / "docs" / "examples" / "inside"


def test_resources_are_declared_needs_where_they_run(examples: Path) -> None:
    reading = read_terraform((examples / "terraform.json").read_bytes())
    found = graph(records(reading, "shop.example", source="s"))
    table, worker = (
        f"terraform:s:module.orders.aws_{n}" for n in ("dynamodb_table.orders", "instance.worker")
    )
    cdn, balancer = (f"terraform:s:aws_{n}.shop" for n in ("cloudfront_distribution", "lb"))

    assert edges(found, Standing.DECLARED) >= {
        ("host:shop.example", table, "soft"),
        (table, "aws/dynamodb/us-east-1?", "hard"),
        (worker, "aws/ec2/us-east-1?", "soft"),
        (worker, "aws/ec2/us-west-2?", "soft"),
        (worker, table, "soft"),
        ("host:shop.example", cdn, "hard"),
        (cdn, "aws/cloudfront?", "hard"),
        (cdn, "host:shop-lb.us-east-1.elb.amazonaws.com", "hard"),
        ("host:shop-lb.us-east-1.elb.amazonaws.com", balancer, "hard"),
    }
    both = needs(found, worker)["runs on"]
    assert (len(both.alternatives), both.k, both.strength) == (2, 1, Strength.HARD)
    assert both.known_since == "2025-11-18"
    assert not any(node.startswith("terraform:s:module.orders.random") and
                   found.nodes[node].needs for node in found.nodes)  # fmt: skip


def state(*addresses: str, **values: Any) -> Reading:
    entries = [
        {
            "address": address,
            "type": address.split(".")[0],
            "provider_name": "registry.opentofu.org/hashicorp/" + address.split("_")[0],
            "values": values,
        }
        for address in addresses
    ]
    document = {"format_version": "1.0", "values": {"root_module": {"resources": entries}}}
    return read_terraform(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("address", "values", "scope"),
    [
        ("aws_sqs_queue.a", {"region": "us-east-1"}, "aws/sqs/us-east-1"),
        ("aws_vpc.a", {"region": "us-east-1"}, "aws/*/us-east-1"),
        ("aws_vpc.a", {}, "aws"),
        ("aws_instance.a", {"availability_zone": "us-east-1a"}, "aws/ec2/us-east-1"),
        ("aws_instance.a", {"availability_zone": "us-east-1-bos-1a"}, "aws/ec2"),
        (
            "google_compute_instance.a",
            {"zone": "europe-west1-b"},
            "google-cloud/compute/europe-west1/europe-west1-b",
        ),
        ("google_compute_url_map.a", {}, "google-cloud/load-balancer"),
        (
            "azurerm_redis_cache.a",
            {"location": "West Europe", "zone": "1"},
            "azure/redis/westeurope",
        ),
    ],
)
def test_a_resource_runs_at_the_finest_place_that_the_state_tells(
    address: str, values: dict[str, Any], scope: str
) -> None:
    found = graph(records(state(address, **values)))

    (need,) = (n for n in found.nodes[f"terraform:f:{address}"].needs if n.name == "runs on")
    assert [a.node for a in need.alternatives] == [f"{scope}?"]


def test_a_provider_that_no_table_knows_is_unknown() -> None:
    found = graph(records(state("acme_thing.a")))

    assert ("acme_thing.a", "no vendor is known for the provider hashicorp/acme") in {
        (u.subject, u.reason) for u in found.unknowns
    }


def test_the_latest_state_of_a_name_is_the_whole_and_other_names_stay() -> None:
    first = records(state("aws_vpc.a", "aws_vpc.b"), source="one")
    other = records(state("aws_vpc.a"), source="two")
    later = records(state("aws_vpc.b"), source="one", now=NOW + 9)
    found = graph(first, other, later)

    assert [n.name for n in found.nodes["host:x.test"].needs] == [
        "resource aws_vpc.b",
        "resource aws_vpc.a",
    ]
    assert {node for node in found.nodes if node.startswith("terraform:")} == {
        "terraform:one:aws_vpc.b",
        "terraform:two:aws_vpc.a",
    }


def test_a_state_counts_once_its_reading_is_whole() -> None:
    cut_off = records(state("aws_vpc.a", "aws_vpc.b"))[:-1]

    assert not graph(cut_off).nodes


def test_what_owners_wrote_is_left_out_where_asked() -> None:
    read = [records(state("aws_vpc.a")), records(log(QUERY.format(1, "a.example.net")))]

    assert "terraform:f:aws_vpc.a" not in graph(*read, declared=False).nodes
    assert "terraform:f:aws_vpc.a" not in graph(*read, as_of=date(2025, 11, 17)).nodes
    assert "terraform:f:aws_vpc.a" in graph(*read, as_of=date(2025, 11, 18)).nodes
    assert "host:a.example.net" in graph(*read, declared=False, as_of=date(2025, 1, 1)).nodes


def test_entities_are_declared_needs(examples: Path) -> None:
    reading = read_backstage((examples / "catalog-info.yaml").read_bytes())
    found = graph(records(reading, NETWORK))
    shop, orders = "component:default/shop", "component:default/orders"
    api, table = "api:default/orders-api", "resource:default/orders-table"

    assert edges(found, Standing.DECLARED) == {
        *((NETWORK, node, "soft") for node in (
            shop, orders, api, table, "resource:default/payments", "system:default/store")),
        ("host:shop.example", shop, "hard"),
        ("host:www.shop.example", shop, "hard"),
        (shop, "resource:default/payments", "hard"),
        (shop, api, "hard"),
        (shop, "host:shop.grafana.net", "soft"),
        (api, orders, "hard"),
        (orders, table, "hard"),
        (table, "host:dynamodb.us-east-1.amazonaws.com", "hard"),
        ("resource:default/payments", "host:api.stripe.com", "hard"),
        ("system:default/store", shop, "soft"),
        ("system:default/store", orders, "soft"),
    }  # fmt: skip


def test_an_api_of_several_providers_is_degraded_without_one() -> None:
    head = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s}\n"
    text = "---\n".join(head % name + "spec: {providesApis: [x]}\n" for name in "ab")
    found = graph(records(read_backstage(text.encode())))

    assert {edge for edge in edges(found) if edge[0] == "api:default/x"} == {
        ("api:default/x", "component:default/a", "soft"),
        ("api:default/x", "component:default/b", "soft"),
    }


def test_a_need_that_was_seen_and_written_is_there_twice_each_with_its_kind() -> None:
    text = (
        "services: [{name: x.test, capabilities: [{id: feed, declares: "
        "[{need: payments, any_of: [api.stripe.com]}]}]}]"
    )
    model = model_from_texts([("m", text)])
    found = graph(records(log(QUERY.format(1, "api.stripe.com")), "x.test/feed"), model=model)

    assert {(n.standing, n.strength) for n in found.nodes["x.test/feed"].needs} == {
        (Standing.OBSERVED, Strength.SOFT),
        (Standing.DECLARED, Strength.HARD),
    }


def test_every_maker_of_the_table_is_a_provider_and_product_of_the_catalogue() -> None:
    catalog = Catalog.load()
    for name, maker in makers().items():
        if maker is None:
            continue
        provider = catalog.provider(maker.provider)
        assert provider is not None, name
        for type_, product in maker.products.items():
            assert provider.product(product) is not None, (name, type_, product)
