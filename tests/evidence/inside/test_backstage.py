"""Backstage's entities are read as their owners wrote them, and nothing in a file runs or grows."""

from pathlib import Path
from typing import Any

import pytest

from downwind.evidence.inside.backstage import parse_ref, read_backstage
from downwind.terms import CannotMeasure, ModelError

HEAD = "apiVersion: backstage.io/v1alpha1\n"


def entities(text: str) -> dict[str, Any]:
    return {s.thing: dict(s.value) for s in read_backstage(text.encode()).statements}


def component(name: str = "a", spec: str = "{}", metadata: str = "") -> str:
    return f"{HEAD}kind: Component\nmetadata: {{name: {name}{metadata}}}\nspec: {spec}\n"


def test_the_example_is_read(project: Path) -> None:
    reading = read_backstage((project / "docs/examples/inside/catalog-info.yaml").read_bytes())
    found = {statement.thing: dict(statement.value) for statement in reading.statements}

    assert reading.facts == {"other_entities": 1}
    assert reading.broken == 0
    assert list(found) == [
        "api:default/orders-api",
        "component:default/orders",
        "component:default/shop",
        "resource:default/orders-table",
        "resource:default/payments",
        "system:default/store",
    ]
    assert found["component:default/shop"] == {
        "ref": "component:default/shop",
        "kind": "component",
        "type": "website",
        "relations": {
            "dependsOn": ["resource:default/payments"],
            "consumesApis": ["api:default/orders-api"],
            "system": ["system:default/store"],
        },
        "hosts": ["shop.example", "www.shop.example"],
        "links": ["shop.grafana.net"],
    }


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("shop", "component:team/shop"),
        ("Resource:db", "resource:team/db"),
        ("other/shop", "component:other/shop"),
        ("API:other/Shop.v1", "api:other/shop.v1"),
        (" shop ", "component:team/shop"),
        ("", None),
        ("a b", None),
        ("a:b:c", None),
        ("a/b/c", None),
        ("-a", None),
        ("a" * 64, None),
    ],
)
def test_a_reference_is_read_as_backstage_does(text: str, ref: str | None) -> None:
    assert parse_ref(text, "component", "team") == ref


def test_a_reference_is_of_the_entity_s_own_namespace() -> None:
    found = entities(component(metadata=", namespace: Team", spec="{dependsOn: [b, default/c]}"))

    assert found["component:team/a"]["relations"] == {
        "dependsOn": ["component:team/b", "component:default/c"]
    }


def test_nobody_needs_itself() -> None:
    assert entities(component(spec="{dependsOn: [a]}"))["component:default/a"]["relations"] == {}


def test_words_stay_words() -> None:
    found = entities(component(name="on", spec="{dependsOn: [no, 1.10, 2001-12-14]}"))

    assert found["component:default/on"]["relations"]["dependsOn"] == [
        "component:default/no",
        "component:default/1.10",
        "component:default/2001-12-14",
    ]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("[1]", "document 2", "it is no mapping"),
        ("{kind: Component}", "document 2", "its apiVersion is not one of backstage.io"),
        (
            "{apiVersion: v1, kind: Service}",
            "document 2",
            "its apiVersion is not one of backstage.io",
        ),
        (
            f"{HEAD}kind: Component\nmetadata: {{name: a b}}",
            "document 2",
            "its name or its namespace is none",
        ),
        (f"{HEAD}kind: Component\n", "document 2", "its name or its namespace is none"),
        (component("z"), "document 2", "component:default/z is there twice"),
        (
            component("b", "{dependsOn: [group:x, [1], resource:ok]}"),
            "document 2, dependsOn",
            "it names no component, resource, system or API",
        ),
    ],
)
def test_a_broken_entity_is_named_and_the_rest_is_read(text: str, place: str, why: str) -> None:
    reading = read_backstage(f"{component('z')}---\n{text}\n".encode())

    assert (reading.first_broken[0].place, reading.first_broken[0].why) == (place, why)
    assert "component:default/z" in [statement.thing for statement in reading.statements]


def test_hosts_and_links_that_are_none_are_left_out() -> None:
    more = (
        ", annotations: {downwind.dev/hostnames: 'Shop.example. , not a host, 192.0.2.1'}, links: "
        "[{url: 'https://status.example.com/x'}, {url: 'ftp://f.example.com'}, {url: 'http://['}, "
        "{url: 7}, 7, {title: x}]"
    )
    found = entities(component(metadata=more))["component:default/a"]

    assert found["hosts"] == ["shop.example"]
    assert found["links"] == ["status.example.com"]


def test_aliases_and_merge_keys_make_nothing_grow() -> None:
    levels = "".join(
        f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}\n" for n in range(1, 30)
    )
    text = f"l0: &l0 {{a: b}}\n{levels}---\n{component()}"

    assert list(entities(text)) == ["component:default/a"]


def test_tags_make_no_objects() -> None:
    text = component(metadata=", x: !!python/object/apply:os.system ['false']")

    assert list(entities(text)) == ["component:default/a"]


NONE = (
    "it holds no component, resource, system or API. Name a catalog-info.yaml with entities of "
    "backstage.io."
)


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", CannotMeasure, NONE),
        (b"---\n---\n", CannotMeasure, NONE),
        (f"{HEAD}kind: Group\nmetadata: {{name: g}}".encode(), CannotMeasure, NONE),
        (b"\xff\xfea", ModelError, "it is not UTF-8 text (byte 0)."),
        (b"\x00", ModelError, "this is not valid YAML."),
    ],
)
def test_what_is_no_catalogue_is_refused(data: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as refused:
        read_backstage(data)
    assert str(refused.value) == said


@pytest.mark.parametrize("data", [b"a:\n  - b\n c", b"a: *b", b"a: {b: c", b"- a\nb: c"])
def test_broken_yaml_is_told_with_its_place(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^this is not valid YAML: .+ \(line \d, column \d\)\.$"):
        read_backstage(data)
