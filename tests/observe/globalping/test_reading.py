"""What comes of the answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.records import to_payload
from downwind.observe.globalping import (
    Asked,
    asked_for,
    read_measurement,
)
from downwind.terms import Seen, Unanswered
from downwind.watch.vantages.form import form_fault

from .asked import HTTP, step
from .server import PROBES, http_result


def measured(result: Any, asked: Asked = HTTP, **changes: Any) -> Any:
    probe = {**PROBES[0]["location"], "tags": [], "resolvers": []}
    data = {"type": asked.kind, "results": [{"probe": probe, "result": result}], **changes}
    return read_measurement(data, asked, 5.0)


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (301, True), (404, False), (500, False), (429, True)]
)
def test_a_status_is_up_or_down_and_a_refusal_is_an_answer(status: int, ok: bool) -> None:
    (answer,) = measured(http_result(status))

    assert step(answer)["ok"] is ok
    assert step(answer)["status"] == status
    assert step(answer).get("answered", False) is (status == 429)


def test_what_fails_keeps_headers_and_body_for_signatures_without_secrets() -> None:
    (answer,) = measured(http_result(521))

    found = step(answer)
    assert (found["layer"], found["reason"]) == ("expect", "status 521")
    assert found["headers"]["server"] == "cloudflare"
    assert found["headers"]["set-cookie"] == "a=[redacted], b=[redacted]"
    assert "Error 500" in found["body"]


def test_an_expected_status_is_right_whatever_it_is() -> None:
    asked = asked_for("x.test/feed", "http", "https://x.test/", [503])

    assert step(measured(http_result(503), asked)[0])["ok"]
    assert not step(measured(http_result(200), asked)[0])["ok"]


def test_a_certificate_that_is_not_trusted_is_a_failure_of_tls() -> None:
    tls = {"authorized": False, "error": "CERT_HAS_EXPIRED"}

    found = step(measured(http_result(tls=tls))[0])

    assert (found["ok"], found["layer"], found["passed"]) == (False, "tls", ["dns", "dial"])
    assert found["reason"] == "the certificate is not trusted: CERT_HAS_EXPIRED"


@pytest.mark.parametrize(
    ("said", "layer"),
    [
        ("getaddrinfo ENOTFOUND nowhere.x.test", "dns"),
        ("queryA ESERVFAIL www.x.test", "dns"),
        ("connect ECONNREFUSED 198.18.0.1:443", "dial"),
        ("connect EHOSTUNREACH", "dial"),
        ("unable to verify the first certificate", "tls"),
        ("Request timeout", "http"),
        ("socket hang up", "http"),
    ],
)
def test_a_failed_test_gives_a_layer_that_says_that_it_is_guessed(said: str, layer: str) -> None:
    (answer,) = measured({"status": "failed", "rawOutput": said})

    assert (step(answer)["layer"], step(answer)["guessed"]) == (layer, True)
    assert step(answer)["reason"] == said


@pytest.mark.parametrize(
    "result",
    [
        None,
        5,
        {},
        {"status": "offline", "rawOutput": "This probe is currently offline."},
        {"status": "failed", "rawOutput": "Private IP ranges are not allowed."},
        {"status": "failed", "rawOutput": "??"},
        {"status": "failed"},
        {"status": "finished", "rawOutput": ""},
        {**http_result(), "statusCode": "200"},
        http_result(statusCode=True),
        http_result(statusCode=5),
    ],
    ids=lambda result: repr(result)[:60],
)
def test_a_probe_that_could_not_look_is_no_witness_against_the_target(result: Any) -> None:
    (answer,) = measured(result)

    assert isinstance(answer.evidence.finding, Unanswered)


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"type": "http"}, {"type": "http", "results": {}}, {"type": 5, "results": []}],
)
def test_what_is_no_measurement_is_told(data: Any) -> None:
    with pytest.raises(ValueError):
        read_measurement(data, HTTP, 5.0)


def test_a_result_whose_probe_cannot_be_placed_is_left_out() -> None:
    data = {"type": "http", "results": [5, {}, {"probe": {}, "result": http_result()}]}

    assert read_measurement(data, HTTP, 5.0) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KINDS = ("http", "dns", "ping", "mtr", "traceroute")


@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from([*http_result(), "stats", "hops", "answers", "statusCodeName"]), JSON
    ),
)
def test_whatever_a_result_holds_it_gives_evidence_that_can_be_logged(
    kind: Any, changes: dict[str, Any]
) -> None:
    asked = asked_for("x", kind, "https://x.test/" if kind == "http" else "x.test")

    (answer,) = measured({**http_result(), **changes}, asked)

    to_payload(answer.evidence)
    if isinstance(answer.evidence.finding, Seen):
        assert form_fault(answer.evidence.finding.value) == ""


DNS = asked_for("name:x.test", "dns", "x.test")
ANSWER = {"name": "x.test.", "type": "A", "ttl": 180, "class": "IN", "value": "198.18.0.1"}


@pytest.mark.parametrize(
    ("rcode", "answers", "ok", "reason"),
    [
        ("NOERROR", [ANSWER], True, ""),
        ("NOERROR", [], False, "no such record"),
        ("NXDOMAIN", [], False, "NXDOMAIN"),
        ("SERVFAIL", [], False, "SERVFAIL"),
    ],
)
def test_a_name_resolves_or_not(rcode: str, answers: list[Any], ok: bool, reason: str) -> None:
    result = {
        "status": "finished",
        "rawOutput": "; <<>> DiG",
        "statusCode": 0,
        "statusCodeName": rcode,
        "resolver": "8.8.8.8",
        "answers": answers,
        "timings": {"total": 99},
    }

    found = step(measured(result, DNS)[0])

    assert (found["ok"], found["reason"]) == (ok, reason)
    assert found["layer"] == (None if ok else "dns")
    assert found["dns"] == {"rcode": rcode, "ede": []}
    assert found["milliseconds"] == 99


PING = asked_for("host:x.test", "ping", "x.test")


@pytest.mark.parametrize(
    ("received", "address", "layer"),
    [(2, "1.2.3.4", None), (0, "1.2.3.4", "dial"), (0, None, "dns")],
)
def test_a_ping_is_answered_or_not(received: int, address: str | None, layer: str | None) -> None:
    stats = {"min": 24.1, "max": 24.2, "avg": 24.15, "total": 3, "loss": 0, "rcv": received,
             "drop": 3 - received}  # fmt: skip
    result = {"status": "finished", "rawOutput": "", "resolvedAddress": address, "stats": stats}

    found = step(measured(result, PING)[0])

    assert (found["ok"], found["layer"]) == (received > 0, layer)


@pytest.mark.parametrize("kind", ["mtr", "traceroute"])
def test_a_route_says_how_far_it_got(kind: Any) -> None:
    asked = asked_for("host:x.test", kind, "x.test")
    hop = {"resolvedAddress": "172.68.208.3", "resolvedHostname": "a", "asn": [13335],
           "timings": [{"rtt": 1.7}, {"rtt": 1.9}]}  # fmt: skip
    last = {**hop, "resolvedAddress": "104.16.85.20", "timings": [{"rtt": 0.8}]}
    silent: dict[str, Any] = {
        "resolvedAddress": None,
        "resolvedHostname": None,
        "asn": [],
        "timings": [],
    }
    base = {"status": "finished", "rawOutput": "", "resolvedAddress": "104.16.85.20"}

    reached = step(measured({**base, "hops": [hop, silent, last]}, asked)[0])
    broken = step(measured({**base, "hops": [hop, silent, silent]}, asked)[0])

    assert (reached["ok"], reached["milliseconds"]) == (True, 0.8)
    assert reached["path"][0] == {"address": "172.68.208.3", "asn": [13335], "milliseconds": 1.7}
    assert (broken["ok"], broken["layer"]) == (False, "dial")
    assert broken["reason"] == "it is not reached; the last that answers is 172.68.208.3"
