"""States are read by an allow-list: places and host names, and nothing that could be secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.inside import records_of
from downwind.evidence.inside.terraform import (
    HOSTS,
    NAME_SERVERS,
    ORIGINS,
    REGIONS,
    TARGETS,
    ZONES,
    read_terraform,
)
from downwind.evidence.records import to_payload
from downwind.terms import CannotMeasure, DownwindError, UsageError

from .reads import NOW

AWS = "registry.terraform.io/hashicorp/aws"
ALLOWED = {*REGIONS, *ZONES, *HOSTS, *NAME_SERVERS, *ORIGINS, *TARGETS, "arn", "type"}


def resource(address: str = "aws_lb.a", provider: str = AWS, **values: Any) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.split(".")[-2],
        "name": "a",
        "provider_name": provider,
        "values": values,
    }


def state(*resources: Any, **more: Any) -> bytes:
    document = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    return json.dumps({**document, **more}).encode()


def only(data: bytes) -> dict[str, Any]:
    (statement,) = read_terraform(data).statements
    return dict(statement.value)


def test_the_example_is_read_with_its_modules_and_its_instances_merged(project: Path) -> None:
    reading = read_terraform((project / "docs/examples/inside/terraform.json").read_bytes())
    found = {statement.thing: statement.value for statement in reading.statements}

    assert reading.format == "state"
    assert list(found) == [
        "aws_cloudfront_distribution.shop",
        "aws_lb.shop",
        "cloudflare_dns_record.status",
        "module.orders.aws_dynamodb_table.orders",
        "module.orders.aws_instance.worker",
        "module.orders.random_password.db",
    ]
    assert dict(found["module.orders.aws_instance.worker"]) == {
        "address": "module.orders.aws_instance.worker",
        "type": "aws_instance",
        "provider": AWS,
        "instances": 2,
        "regions": [],
        "zones": ["us-east-1a", "us-west-2b"],
        "hosts": [],
        "name_servers": [],
        "origins": [],
        "depends_on": ["module.orders.aws_dynamodb_table.orders"],
    }
    assert found["aws_cloudfront_distribution.shop"]["hosts"] == [
        "d111111abcdef8.cloudfront.net",
        "shop.example",
    ]
    assert found["cloudflare_dns_record.status"]["origins"] == ["shop.statuspage.io"]


@pytest.mark.parametrize(
    ("values", "regions", "zones"),
    [
        ({"region": "eu-west-1"}, ["eu-west-1"], []),
        ({"location": "West Europe"}, ["westeurope"], []),
        ({"arn": "arn:aws:sqs:eu-west-1:111122223333:orders"}, ["eu-west-1"], []),
        ({"arn": "arn:aws:iam::111122223333:role/x"}, [], []),
        ({"region": "eu-west-1", "arn": "arn:aws:sqs:us-east-1:1:q"}, ["eu-west-1"], []),
        ({"availability_zone": "us-east-1a"}, [], ["us-east-1a"]),
        ({"region": "${secret}"}, [], []),
        ({"region": 7, "zone": None, "arn": []}, [], []),
        ({}, [], []),
    ],
)
def test_a_place_is_read_from_these(
    values: dict[str, Any], regions: list[str], zones: list[str]
) -> None:
    found = only(state(resource(**values)))

    assert (found["regions"], found["zones"]) == (regions, zones)


def test_a_plan_has_the_region_of_its_provider_where_there_is_one_only() -> None:
    planned = {"root_module": {"resources": [resource()]}}

    def plan(**regions: str) -> bytes:
        configs = {
            name: {"full_name": AWS, "expressions": {"region": {"constant_value": region}}}
            for name, region in regions.items()
        }
        return json.dumps(
            {
                "format_version": "1.2",
                "planned_values": planned,
                "configuration": {"provider_config": configs},
            }
        ).encode()

    assert only(plan(aws="eu-west-1"))["regions"] == ["eu-west-1"]
    assert only(plan(aws="eu-west-1", west="us-west-2"))["regions"] == []
    assert read_terraform(plan(aws="eu-west-1")).format == "plan"


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("DB.example.com:5432", ["db.example.com"]),
        ("https://api.example.com/v1/keys?key=SECRET", ["api.example.com"]),
        (["a.example.com", "b.example.com", 3], ["a.example.com", "b.example.com"]),
        ("postgres://user:SECRET@db.example.com/x", []),
        ("192.0.2.1", []),
        ("no host", []),
        ({"a": "b.example.com"}, []),
    ],
)
def test_only_a_host_is_kept_of_an_endpoint(value: Any, hosts: list[str]) -> None:
    assert only(state(resource(endpoint=value)))["hosts"] == hosts


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"address": "192.0.2.1", "endpoint": "https://192.0.2.1:8443/x"}, 1),
        ({"type": "A", "records": ["192.0.2.1", "192.0.2.2"], "value": "192.0.2.3"}, 3),
        ({"type": "AAAA", "content": "2001:db8::1"}, 1),
        ({"origin": [{"domain_name": "192.0.2.1"}], "name_servers": ["192.0.2.2"]}, 2),
        ({"type": "TXT", "records": ["192.0.2.1"], "private_ip": "192.0.2.1"}, 0),
        ({"endpoint": "db.example.net", "address": "192.0.2.300"}, 0),
    ],
)
def test_an_address_where_a_host_is_looked_for_is_counted_and_not_kept(
    values: dict[str, Any], count: int
) -> None:
    reading = read_terraform(state({**resource(), "values": values}))

    assert reading.facts["addresses"] == {"names": count}
    assert "192.0.2" not in str(reading.statements)


def test_keys_of_instances_are_dropped() -> None:
    found = only(
        state(
            resource('module.m["jane@example.com"].aws_lb.a["k\\"]x"]'),
            resource("module.m[0].aws_lb.a[1]"),
        )
    )

    assert (found["address"], found["instances"]) == ("module.m.aws_lb.a", 2)


def test_data_sources_are_no_resources() -> None:
    looked_up = {**resource("data.aws_region.here"), "mode": "data"}

    assert len(read_terraform(state(looked_up, resource())).statements) == 1


CANARY = "c4n4ry-S3CRET"
scalars = st.sampled_from([CANARY, f"{CANARY}.example.com", f"https://{CANARY}.example.com/", 5])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["password", "key", "name", "value"]), inner, max_size=2)
    ),
    max_leaves=4,
)
secret_names = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=9)


@settings(max_examples=120, deadline=None)
@given(
    st.dictionaries(secret_names.filter(lambda name: name not in ALLOWED), values, max_size=4),
    st.dictionaries(st.sampled_from(["custom_header", "user_data", "tags", "name"]), values),
    values,
    st.booleans(),
)
def test_a_secret_elsewhere_is_never_kept(
    attributes: dict[str, Any], known: dict[str, Any], secret: Any, broken: bool
) -> None:
    entry = resource(**attributes, **known, origin=[{"custom_header": secret}], type="TXT",
                     content=f"{CANARY}.example.com")  # fmt: skip
    entry |= {"sensitive_values": secret, "index": secret, "deposed_key": secret, "name": secret}
    if broken:
        entry["provider_name"] = CANARY + " " + CANARY
    data = state(entry, resource("aws_lb.b"), outputs={"o": {"value": secret}}, variables=secret)

    told = b"".join(
        to_payload(record)
        for record in records_of(read_terraform(data), node="n", source="s", now=NOW)
    )

    assert CANARY.lower().encode() not in told.lower()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["root", "version", "values", "text"]), values)
def test_no_error_quotes_a_value(where: str, secret: Any) -> None:
    documents: dict[str, Any] = {
        "root": secret,
        "version": {"format_version": {"v": secret}},
        "values": {"format_version": "1.0", "values": {"root_module": {"resources": [secret]}}},
        "text": {"format_version": "1.0", "x": secret},
    }
    data = json.dumps(documents[where]).encode()[: -1 if where == "text" else None]

    with pytest.raises(DownwindError) as refused:
        read_terraform(data)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (7, "it is no mapping"),
        ({**resource(), "address": "a b"}, "its address or its type is none"),
        ({**resource(), "type": None}, "its address or its type is none"),
        ({**resource(), "provider_name": "aws"}, "its provider_name is none"),
    ],
)
def test_a_broken_resource_is_named_and_the_rest_is_read(entry: Any, why: str) -> None:
    reading = read_terraform(state(entry, resource("aws_lb.b")))

    assert [(b.place, b.why) for b in reading.first_broken] == [("resource 1", why)]
    assert [statement.thing for statement in reading.statements] == ["aws_lb.b"]


SHOW = "Run terraform show -json, and read that."
NO_VERSION = f"this is not what terraform show -json prints: it has no format_version. {SHOW}"
OTHER = "its format_version is {}, and 1.x is what is known. Show it with Terraform 1.1 or later, "
EMPTY = "it has no resources. Apply it first, or show a plan."


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", UsageError, "this is not valid JSON: Expecting value: line 1 column 1 (char 0)."),
        (b"\xff\xfe\xff", UsageError, "it is not UTF-8 text (byte 2)."),
        (b"[" * 100_000, UsageError, "this is not valid JSON: it is nested too deeply."),
        (b"[]", UsageError, NO_VERSION),
        (b'{"format_version": 1.0}', UsageError, NO_VERSION),
        (b'{"version": 4, "lineage": "x"}', UsageError, f"this is a raw state file. {SHOW}"),
        (b'{"format_version": "0.2"}', UsageError, OTHER.format("'0.2'") + "or OpenTofu."),
        (b'{"format_version": "2.0"}', UsageError, OTHER.format("'2.0'") + "or OpenTofu."),
        (b'{"format_version": "1.0"}', CannotMeasure, EMPTY),
        (state(), CannotMeasure, EMPTY),
    ],
)
def test_what_is_no_state_is_refused(data: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as refused:
        read_terraform(data)
    assert str(refused.value) == said
