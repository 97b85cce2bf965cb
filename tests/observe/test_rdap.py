"""Registries are asked where the user wants it, through IANA's list, and read defensively."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.observe import map_names
from downwind.observe.registration.bootstrap import (
    RdapOptions,
    read_bootstrap,
    server_for,
    usual_cache,
)
from downwind.observe.registration.domain import read_domain
from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered

from .tinynet import Serving, TinyInternet, page, usual

LIST = {
    "version": "1.0",
    "services": [[["test"], ["http://rdap.x.test/", "https://rdap.x.test/v1"]], ["broken"]],
}
DOMAIN = {
    "objectClassName": "domain",
    "ldhName": "X.TEST",
    "status": ["client transfer prohibited", 7],
    "events": [
        {"eventAction": "expiration", "eventDate": "2027-01-02T03:04:05Z"},
        {"eventAction": "registration", "eventDate": "2020-01-02"},
        {"eventAction": "last changed", "eventDate": "yesterday"},
    ],
    "entities": [
        {"roles": ["registrant"], "vcardArray": ["vcard", [["fn", {}, "text", "Jo Doe"]]]},
        {
            "roles": ["registrar"],
            "publicIds": [{"type": "IANA Registrar ID", "identifier": "292"}],
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Names"]]],
        },
    ],
    "nameservers": [{"ldhName": "NS1.dnsco.test."}, "junk"],
}


def test_a_registration_is_read_and_people_are_left_out() -> None:
    value = read_domain(DOMAIN, "x.test")
    assert value == {
        "registrar": "Names",
        "registrar_id": "292",
        "expires": 1798859045.0,
        "registered": 1577923200.0,
        "changed": None,
        "status": ["client transfer prohibited"],
        "name_servers": ["ns1.dnsco.test"],
        "problems": ["its date of last changed cannot be read"],
    }
    assert "Jo Doe" not in json.dumps(value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "it speaks of no domain"),
        ({"objectClassName": "entity"}, "it speaks of no domain"),
        ({"objectClassName": "domain", "ldhName": "y.test"}, "it speaks of 'y.test'"),
    ],
)
def test_an_answer_about_something_else_is_refused(data: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_domain(data, "x.test")


def test_what_is_not_said_is_a_problem_not_a_guess() -> None:
    value = read_domain({"objectClassName": "domain"}, "x.test")
    assert (value["registrar"], value["expires"]) == ("", None)
    assert value["problems"] == ["it names no registrar", "it names no end of the registration"]


WORDS = [
    "objectClassName",
    "ldhName",
    "events",
    "entities",
    "roles",
    "vcardArray",
    "publicIds",
    "status",
    "nameservers",
    "eventAction",
    "eventDate",
    "services",
    "domain",
    "registrar",
    "expiration",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([*WORDS, "2027-01-02", ""]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
    ),
    max_leaves=15,
)


@settings(max_examples=100, deadline=None)
@given(JSON, st.dictionaries(st.sampled_from(WORDS), JSON, max_size=6))
def test_no_answer_breaks_the_readers(data: Any, members: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):
        read_domain(data, "x.test")
    with contextlib.suppress(ValueError):
        read_bootstrap(data)
    value = read_domain({**members, "objectClassName": "domain", "ldhName": None}, "x.test")
    assert json.loads(json.dumps(value)) == value


def test_the_server_of_the_longest_suffix_speaks_and_with_tls_where_it_can() -> None:
    servers = read_bootstrap(
        {"services": [[["test", "Co.Test"], ["http://a.test"]], [["b.co.test"], ["ftp://x/"]]]}
    )
    assert server_for(servers, "x.co.test") == "http://a.test/"
    assert server_for(servers, "x.other") is None
    assert server_for(read_bootstrap(LIST), "x.test") == "https://rdap.x.test/v1/"


@pytest.mark.parametrize("data", [None, [], {}, {"services": []}, {"services": [[["a"], []]]}])
def test_a_list_that_names_no_server_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="it "):
        read_bootstrap(data)


class _Registry:
    """IANA's list and one registry's server on loopback."""

    def __init__(self, answer: Serving, listing: Serving | None = None) -> None:
        self.answer = answer
        self.listing = listing or page(json.dumps(LIST))
        self.asked: list[str] = []

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        self.asked.append(path)
        await (self.listing if path == "/dns.json" else self.answer)(reader, writer, head)

    async def look(self, tmp_path: Path, *, cache: Path | None = None) -> Finding:
        seen: list[Evidence] = []
        async with TinyInternet(tmp_path) as net:
            await usual(net, "rdap A 198.18.9.1")
            await net.resolver()
            await net.web("198.18.9.1", self.serve, tls=net.certificate("rdap.x.test"))
            options = RdapOptions("https://rdap.x.test/dns.json", cache)
            await map_names(
                ["www.x.test"], net.network(), budget=8, on_evidence=seen.append, rdap=options
            )
        (found,) = [each.finding for each in seen if each.kind == "rdap.domain"]
        return found


async def test_the_registry_of_a_name_is_asked_once_for_its_domain(tmp_path: Path) -> None:
    registry = _Registry(page(json.dumps(DOMAIN)))
    found = await registry.look(tmp_path)
    assert isinstance(found, Seen)
    assert found.value["registrar"] == "Names"
    assert found.value["registry"] == "rdap.x.test"
    assert registry.asked == ["/dns.json", "/v1/domain/x.test"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page("no", "404 Not Found"), "the registry knows no such domain"),
        (page("busy", "500 Oops"), "the registry answers with status 500"),
        (page("<html>"), "the registry's answer cannot be read: "),
        (page("[" * 100_000), "the registry's answer cannot be read: "),
        (page("{}"), "the registry's answer cannot be read: it speaks of no domain"),
    ],
)
async def test_a_registry_that_does_not_say_is_told_with_the_reason(
    tmp_path: Path, answer: Serving, reason: str
) -> None:
    found = await _Registry(answer).look(tmp_path)
    assert isinstance(found, Absent | Unanswered)
    assert found.reason.startswith(reason)
    assert isinstance(found, Absent) is ("404" in str(found.detail))


async def test_a_list_that_cannot_be_read_leaves_it_unanswered(tmp_path: Path) -> None:
    found = await _Registry(page("{}"), listing=page("{}")).look(tmp_path)
    assert isinstance(found, Unanswered)
    assert found.reason == ("the list of RDAP servers cannot be read: it holds no list of services")


async def test_the_list_is_kept_for_a_day(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "list.json"
    registry = _Registry(page(json.dumps(DOMAIN)))
    await registry.look(tmp_path, cache=cache)
    await registry.look(tmp_path, cache=cache)
    assert registry.asked.count("/dns.json") == 1
    kept = json.loads(cache.read_text())
    cache.write_text(json.dumps({**kept, "fetched": kept["fetched"] - 90_000}))
    await registry.look(tmp_path, cache=cache)
    assert registry.asked.count("/dns.json") == 2


async def test_a_kept_list_that_is_damaged_is_fetched_anew_and_an_old_one_is_better_than_none(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "list.json"
    cache.write_text("{")
    registry = _Registry(page(json.dumps(DOMAIN)))
    assert isinstance(await registry.look(tmp_path, cache=cache), Seen)
    kept = json.loads(cache.read_text())
    cache.write_text(json.dumps({**kept, "fetched": kept["fetched"] - 90_000}))
    broken = _Registry(page(json.dumps(DOMAIN)), listing=page("", "500 Oops"))
    assert isinstance(await broken.look(tmp_path, cache=cache), Seen)


def test_the_list_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert usual_cache() == Path("/caches/downwind/rdap-dns.json")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert usual_cache() == Path.home() / ".cache" / "downwind" / "rdap-dns.json"


async def test_a_cache_that_cannot_be_written_costs_nothing_but_the_next_request(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    registry = _Registry(page(json.dumps(DOMAIN)))
    assert isinstance(await registry.look(tmp_path, cache=tmp_path / "file" / "list"), Seen)


async def test_without_the_wish_no_registry_is_asked(tmp_path: Path) -> None:
    seen: list[Evidence] = []
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await map_names(["x.test"], net.network(), budget=8, on_evidence=seen.append)
    assert "rdap.domain" not in {each.kind for each in seen}


async def test_a_kept_list_that_came_from_elsewhere_is_not_this_one(tmp_path: Path) -> None:
    cache = tmp_path / "list.json"
    registry = _Registry(page(json.dumps(DOMAIN)))
    await registry.look(tmp_path, cache=cache)
    kept = json.loads(cache.read_text())
    cache.write_text(json.dumps({**kept, "list": "https://elsewhere.test/dns.json"}))
    await registry.look(tmp_path, cache=cache)
    assert registry.asked.count("/dns.json") == 2
