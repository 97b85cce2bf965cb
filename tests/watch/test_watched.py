"""What is watched, and under which name."""

import pytest

from downwind.model import Model, WatchSettings, model_from_texts
from downwind.observe.probes import DnsProbe, HttpProbe, TcpProbe, TlsProbe
from downwind.terms import UsageError
from downwind.watch.probing import Walk
from downwind.watch.watched import Watched, model_of_names, watched_of

MODEL = """
services:
  - name: shop.test
    variables: {user: probe}
    capabilities:
      - id: order
        every: 60s
        journey: [{url: "https://www.shop.test/cart"}]
        probes:
          - {http: "https://api.shop.test/health", status: [204]}
          - {tls: "www.shop.test:8443"}
          - {tcp: "db.shop.test:5432"}
          - {tcp: "db.shop.test:5433"}
      - {id: idle, title: nobody probes it}
"""


def _by_name(model: Model, settings: WatchSettings | None = None) -> dict[str, Watched]:
    found = watched_of(model, settings or WatchSettings())
    assert len({each.target.name for each in found}) == len(found)
    return {each.target.name: each for each in found}


def test_each_probe_of_a_capability_is_a_target_and_so_is_each_host_name() -> None:
    found = _by_name(model_from_texts([("m.yaml", MODEL)], {}))
    assert list(found) == [
        "shop.test/order",
        "shop.test/order#http",
        "shop.test/order#tls",
        "shop.test/order#tcp",
        "shop.test/order#tcp2",
        "name:www.shop.test",
        "name:api.shop.test",
        "name:db.shop.test",
    ]
    walk = found["shop.test/order"].target.what
    assert isinstance(walk, Walk)
    assert walk.variables == {"user": "probe"}
    http = HttpProbe("https://api.shop.test/health", statuses=(204,))
    assert found["shop.test/order#http"].target.what == http
    assert found["shop.test/order#tls"].target.what == TlsProbe("www.shop.test", 8443)
    assert found["shop.test/order#tcp2"].target.what == TcpProbe("db.shop.test", 5433)
    assert found["name:db.shop.test"].target.what == DnsProbe("db.shop.test")


def test_what_a_probe_tells_of_is_its_capability_or_the_name() -> None:
    found = _by_name(model_from_texts([("m.yaml", MODEL)], {}))
    assert {each.node for each in found.values() if each.capability} == {"shop.test/order"}
    assert found["name:www.shop.test"].node == "name:www.shop.test"
    assert found["name:www.shop.test"].capability == ""


def test_a_capability_has_its_own_interval_and_a_time_out_below_it() -> None:
    settings = WatchSettings(every=30.0, timeout=20.0)
    found = _by_name(model_from_texts([("m.yaml", MODEL)], {}), settings)
    order, name = found["shop.test/order"].target, found["name:www.shop.test"].target
    assert (order.interval, order.timeout) == (60.0, 20.0)
    assert (name.interval, name.timeout) == (30.0, 20.0)


def test_a_short_interval_shortens_the_time_out() -> None:
    text = MODEL.replace("every: 60s", "every: 4s")
    found = _by_name(model_from_texts([("m.yaml", text)], {}))
    assert found["shop.test/order"].target.timeout == 2.0


def test_host_names_and_urls_are_watched_by_their_front_pages() -> None:
    found = _by_name(model_of_names(["shop.test", "http://news.test/a", "shop.test"]))
    assert list(found) == ["shop.test/page", "news.test/page", "name:shop.test", "name:news.test"]
    assert found["shop.test/page"].target.what == HttpProbe("https://shop.test/")


def test_an_address_has_no_name_to_resolve() -> None:
    assert list(_by_name(model_of_names(["http://192.0.2.7/"]))) == ["192.0.2.7/page"]


def test_a_model_without_probes_is_refused() -> None:
    text = "services: [{name: a, capabilities: [{id: b}]}]"
    with pytest.raises(UsageError, match="nothing to watch"):
        watched_of(model_from_texts([("m.yaml", text)], {}), WatchSettings())
