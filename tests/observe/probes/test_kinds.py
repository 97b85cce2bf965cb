"""What can be probed is checked where it is written, and comes back from JSON as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.probes import (
    DnsProbe,
    HttpProbe,
    Probe,
    TcpProbe,
    TlsProbe,
    probe_from_json,
    probe_to_json,
)
from downwind.terms import UsageError

_HOSTS = st.sampled_from(["x.test", "198.18.2.80", "2001:db8::1", "a-b.x.test"])
_TEXT = st.text(max_size=20)
_PROBES: st.SearchStrategy[Probe] = st.one_of(
    st.builds(
        HttpProbe,
        url=st.sampled_from(["http://x.test/", "https://x.test:8443/a?b=c", "http://[::1]/"]),
        method=st.just("GET"),
        statuses=st.lists(st.integers(100, 599), max_size=3).map(tuple),
        contains=st.none() | _TEXT,
        lacks=st.none() | _TEXT,
        headers=st.lists(st.tuples(st.just("X-Probe"), st.just("a b")), max_size=2).map(tuple),
        cap=st.integers(1, 10**7),
    ),
    st.builds(TlsProbe, host=_HOSTS, port=st.integers(1, 65_535)),
    st.builds(TcpProbe, host=_HOSTS, port=st.integers(1, 65_535)),
    st.builds(
        DnsProbe,
        name=st.just("x.test"),
        rdtype=st.sampled_from(["A", "AAAA", "SOA"]),
        server=st.just("") | _HOSTS,
        expects=st.lists(_TEXT, max_size=2).map(tuple),
    ),
)


@given(_PROBES)
def test_a_probe_comes_back_from_json_as_it_was(probe: Probe) -> None:
    assert probe_from_json(json.loads(json.dumps(probe_to_json(probe)))) == probe


def test_what_is_as_usual_is_left_out() -> None:
    assert probe_to_json(HttpProbe("http://x.test/")) == {"kind": "http", "url": "http://x.test/"}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (None, "mapping"),
        ([], "mapping"),
        ({}, "kind"),
        ({"kind": "icmp"}, "http, tls, tcp, dns"),
        ({"kind": "http"}, "needs url"),
        ({"kind": "http", "url": 7}, "no text"),
        ({"kind": "http", "url": "ftp://x.test/"}, "neither http nor https"),
        ({"kind": "http", "url": "http:///x"}, "not a URL"),
        ({"kind": "http", "url": "http://x.test:99999/"}, "not a URL"),
        ({"kind": "http", "url": "http://x.test/", "method": "POST"}, "neither GET nor HEAD"),
        ({"kind": "http", "url": "http://x.test/", "statuses": 200}, "no list"),
        ({"kind": "http", "url": "http://x.test/", "statuses": [True]}, "whole number"),
        ({"kind": "http", "url": "http://x.test/", "statuses": [99]}, "from 100 to 999"),
        ({"kind": "http", "url": "http://x.test/", "headers": [["a"]]}, "a name and a value"),
        ({"kind": "http", "url": "http://x.test/", "headers": {"a": "b"}}, "no list"),
        ({"kind": "http", "url": "http://x.test/", "headers": [["a", "b\r\nc: d"]]}, "no header"),
        ({"kind": "http", "url": "http://x.test/", "headers": [["a:", "b"]]}, "no header"),
        ({"kind": "http", "url": "http://x.test/", "headers": [["a", "\ud800"]]}, "no header"),
        ({"kind": "http", "url": "http://x.test/", "cap": 0}, "at least one byte"),
        ({"kind": "http", "url": "http://x.test/", "cap": "9"}, "whole number"),
        ({"kind": "http", "url": "http://x.test/", "verb": "GET"}, "'verb'"),
        (
            {"kind": "http", "url": "http://x.test/", "method": "HEAD", "contains": "a"},
            "no body",
        ),
        ({"kind": "tls"}, "needs host"),
        ({"kind": "tls", "host": ""}, "name"),
        ({"kind": "tls", "host": "a..b"}, "not a host name"),
        ({"kind": "tls", "host": "x.test", "port": 0}, "no port"),
        ({"kind": "tcp", "host": "x.test"}, "needs"),
        ({"kind": "tcp", "host": "x.test", "port": 65_536}, "no port"),
        ({"kind": "dns", "name": "x.test", "rdtype": "ANY"}, "record type"),
        ({"kind": "dns", "name": "x" * 64 + ".test"}, "not a host name"),
        ({"kind": "dns", "name": "x.test", "expects": "198.18.0.1"}, "no list"),
    ],
)
def test_bad_orders_are_named(data: Any, word: str) -> None:
    with pytest.raises(UsageError) as told:
        probe_from_json(data)
    assert word in str(told.value)


@given(st.recursive(st.none() | st.integers() | _TEXT, lambda x: st.dictionaries(_TEXT, x)))
def test_any_other_json_is_refused_and_nothing_else(data: Any) -> None:
    with pytest.raises(UsageError):
        probe_from_json(data)
