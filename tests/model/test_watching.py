"""What `watch:` and `probes:` may say."""

from pathlib import Path

import pytest

from downwind.model import model_from_texts
from downwind.terms import ModelError

PLAIN = """
services:
  - name: shop.example
    capabilities:
      - id: order
        every: 20s
        probes:
          - {http: "https://shop.example/health", status: [200, 204], contains: ok}
          - {dns: shop.example}
          - {tls: "shop.example:8443"}
          - {tcp: "shop.example:443"}
"""
WATCH = """
watch:
  every: 30s
  place: {name: office, network: AS64500, provider: hetzner}
  vantages: [{name: berlin, network: AS64501}]
  connectivity: [example.org, example.net]
  tokens: [{name: berlin, token: "${BERLIN}"}]
  alerts:
    - {name: chat, webhook: "https://chat.example/hook", secret: s3cret}
    - {name: mail, smtp: "mail.example:587", sender: watch@shop.example, to: [on-call@shop.example]}
  heartbeat: {url: "https://beats.example/1", every: 1m}
  maintenance: [{service: shop.example, begins: 2026-01-31T22:00:00Z, ends: 2026-02-01T02:00:00Z}]
"""


def test_probes_and_settings_are_read_with_their_defaults() -> None:
    model = model_from_texts([("m.yaml", PLAIN + WATCH)], {"BERLIN": "0123456789abcdefghij"})
    ((_, _, order),) = model.capabilities()
    assert [(p.kind, p.target) for p in order.probes] == [
        ("http", "https://shop.example/health"),
        ("dns", "shop.example"),
        ("tls", "shop.example:8443"),
        ("tcp", "shop.example:443"),
    ]
    assert order.every == 20.0
    watch = model.watch
    assert watch is not None
    assert (watch.every, watch.timeout, watch.feeds_every) == (30.0, 10.0, 120.0)
    assert watch.tokens[0].token == "0123456789abcdefghij"
    assert watch.maintenance[0].begins.year == 2026


def test_without_watch_there_are_no_settings() -> None:
    assert model_from_texts([("m.yaml", PLAIN)], {}).watch is None


def test_watch_may_stand_in_a_file_of_its_own_but_only_once() -> None:
    secret = {"BERLIN": "0123456789abcdefghij"}
    assert model_from_texts([("a.yaml", PLAIN), ("b.yaml", WATCH)], secret).watch is not None
    with pytest.raises(ModelError, match=r"c\.yaml.*two files"):
        model_from_texts([("a.yaml", PLAIN), ("b.yaml", WATCH), ("c.yaml", WATCH)], secret)


@pytest.mark.parametrize(
    ("probe", "says"),
    [
        ("{}", "exactly one of http, dns, tls, tcp"),
        ('{http: "https://a.example/", dns: a.example}', "exactly one"),
        ("{dns: a.example, contains: x}", "belong to a http probe"),
        ("{tcp: a.example}", "tcp wants HOST:PORT"),
        ('{http: "ftp://a.example/"}', "begins with neither"),
        ('{http: "https://a.example/", status: [99]}', "greater than or equal to 100"),
    ],
)
def test_a_probe_that_asks_nothing_or_two_things_is_refused(probe: str, says: str) -> None:
    text = f"services: [{{name: a, capabilities: [{{id: b, probes: [{probe}]}}]}}]"
    with pytest.raises(ModelError, match=says):
        model_from_texts([("m.yaml", text)], {})


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("{every: 0.5}", "a probe a second is the most"),
        ("{every: 5s, timeout: 5s}", "timeout must be shorter than every"),
        ("{place: {name: a}, vantages: [{name: a}]}", "two vantages have one name"),
        ("{alerts: [{name: a}]}", "exactly one of webhook"),
        ("{alerts: [{smtp: mail.example}]}", "needs sender and to"),
        ("{tokens: [{name: a, token: short}]}", "at least 20"),
        ("{tokens: [{name: a, token: 0123456789abcdefghij, may: all}]}", "tokens.0.may"),
        (
            f"{{tokens: [{{name: a, token: {'a' * 20}}}, {{name: a, token: {'b' * 20}}}]}}",
            "one name",
        ),
        (
            f"{{tokens: [{{name: a, token: {'a' * 20}}}, {{name: b, token: {'a' * 20}}}]}}",
            "one secret",
        ),
        (
            "{maintenance: [{begins: 2026-01-31T22:00:00Z, ends: 2026-01-31T21:00:00Z}]}",
            "ends before it begins",
        ),
        ("{maintenance: [{begins: 2026-01-31T22:00:00, ends: 2026-01-31T23:00:00}]}", "zone"),
        ("{evry: 5s}", "is it a typo"),
    ],
)
def test_settings_that_cannot_hold_are_refused_with_the_reason(setting: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        model_from_texts([("m.yaml", f"watch: {setting}")], {})


def test_a_file_of_settings_alone_is_a_model(tmp_path: Path) -> None:
    assert model_from_texts([("m.yaml", "watch: {every: 60s}")], {}).services == ()
