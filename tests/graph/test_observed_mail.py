"""Mail becomes needs: exchangers to take it, policies and senders to be believed."""

import math
from typing import Any

from downwind.graph import Graph
from downwind.terms import Absent, Seen, Strength, Unanswered

from .seen import Told, falls, graph_of, needs, targets, unknown

MX: Told = (
    "dns.mx",
    "x.test",
    {"records": ["10 a.mx.hill.test.", "20 b.mx.hill.test.", "30 mx.x.test."], "ttl": 300},
)


def _txt(*records: str, **more: Any) -> dict[str, Any]:
    return {"records": list(records), "ttl": 60, **more}


def _sts(mode: str, *mx: str) -> Told:
    url = "https://mta-sts.x.test/.well-known/mta-sts.txt"
    return (
        "mail.sts",
        "x.test",
        {"url": url, "address": "198.18.1.9", "mode": mode, "max_age": 86400, "mx": list(mx)},
    )


def test_any_exchanger_will_do_and_those_of_one_provider_fall_together() -> None:
    graph = graph_of(MX, ("dns.zone_of", "x.test", {"zone": "x.test"}))
    assert targets(graph, "mail:x.test", "exchangers") == [
        "exchanger:a.mx.hill.test",
        "exchanger:b.mx.hill.test",
        "exchanger:mx.x.test",
    ]
    assert targets(graph, "exchanger:a.mx.hill.test", "mail service") == ["hill/post?"]
    assert falls(graph, ["hill/post"], "mail:x.test") == math.inf
    assert falls(graph, ["hill/post", "host:mx.x.test"], "mail:x.test") == 0
    assert falls(graph, ["zone:x.test"], "mail:x.test") == 300
    why = needs(graph, "mail:x.test")["exchangers"].why
    assert "any of 10 a.mx.hill.test, 20 b.mx.hill.test, 30 mx.x.test will do" in why
    assert "2 of 3 third party: the mail exchanger a.mx.hill.test ends in mx.hill.test" in why
    assert "1 of 3 private: mx.x.test is named inside x.test" in why


def test_mail_is_apart_from_the_web() -> None:
    graph = graph_of(MX, ("dns.a", "x.test", {"addresses": ["198.18.1.9"], "ttl": 60}))
    assert "mail:x.test" not in graph.reach("host:x.test")
    assert falls(graph, ["hill/post"], "host:x.test") == math.inf


def test_a_null_mx_makes_no_mailbox() -> None:
    graph = graph_of(("dns.mx", "x.test", {"records": ["0 ."], "ttl": 60}))
    assert "mail:x.test" not in graph.nodes
    assert unknown(graph, "mail.exchanger") == []


def test_mx_records_that_name_no_host_leave_the_mailbox_unknown() -> None:
    graph = graph_of(("dns.mx", "x.test", {"records": ["10 ."], "ttl": 60}))
    assert unknown(graph, "mail.exchanger") == [("x.test", "its MX records name no host")]


def test_an_exchanger_that_does_not_exist_does_not_count_and_a_silent_one_is_doubtful() -> None:
    silent = Unanswered("no usable answer")
    graph = graph_of(
        MX,
        ("dns.a", "b.mx.hill.test", Absent("NXDOMAIN")),
        ("dns.a", "mx.x.test", silent),
        ("dns.aaaa", "mx.x.test", silent),
    )
    alternatives = needs(graph, "mail:x.test")["exchangers"].alternatives
    assert [(a.node, a.confidence < 0.5) for a in alternatives] == [
        ("exchanger:a.mx.hill.test", False),
        ("exchanger:mx.x.test", True),
    ]
    assert unknown(graph, "mail.exchanger") == [
        ("x.test", "b.mx.hill.test does not exist and does not count")
    ]


def test_the_policys_host_is_soft_until_its_age_since_senders_go_on_without() -> None:
    graph = graph_of(MX, _sts("enforce", "*.mx.hill.test"))
    need = needs(graph, "mail:x.test")["MTA-STS policy"]
    assert (need.strength, need.grace) == (Strength.SOFT, 86400)
    assert need.alternatives[0].node == "host:mta-sts.x.test"
    assert falls(graph, ["host:mta-sts.x.test"], "mail:x.test") == math.inf
    assert unknown(graph, "mail.certificate")


def test_an_exchanger_that_an_enforced_policy_leaves_out_is_doubtful() -> None:
    enforced = graph_of(MX, _sts("enforce", "*.mx.hill.test"))
    testing = graph_of(MX, _sts("testing", "*.mx.hill.test"))
    assert _doubtful(enforced) == ["exchanger:mx.x.test"]
    assert _doubtful(testing) == []
    none = graph_of(MX, _sts("none"))
    assert "MTA-STS policy" not in needs(none, "mail:x.test")


def _doubtful(graph: Graph) -> list[str]:
    alternatives = needs(graph, "mail:x.test")["exchangers"].alternatives
    return [a.node for a in alternatives if a.confidence < 0.5]


def _sending(*more: Told) -> Graph:
    policy = "v=spf1 include:spf.hill.test a mx:mx.x.test ip4:198.18.1.0/25 -include:no.test ~all"
    return graph_of(
        ("dns.mx", "x.test", Absent("NODATA")),
        ("dns.txt", "x.test", _txt(policy)),
        ("dns.txt", "spf.hill.test", _txt("v=spf1 ip4:203.0.113.0/24 -all")),
        ("dns.zone_of", "spf.hill.test", {"zone": "hill.test"}),
        *more,
    )


def test_senders_are_soft_needs_of_sending() -> None:
    graph = _sending()
    found = needs(graph, "mail-from:x.test")
    assert {need.strength for need in found.values()} == {Strength.SOFT}
    assert targets(graph, "mail-from:x.test", "sender spf.hill.test") == ["hill/post?"]
    assert targets(graph, "mail-from:x.test", "sender x.test") == ["host:x.test"]
    assert targets(graph, "mail-from:x.test", "sender 198.18.1.0/25") == ["hill/cdn?"]
    assert "third party: the SPF include" in found["sender spf.hill.test"].why


def test_a_policy_stands_on_the_policies_that_it_includes_and_on_their_zones() -> None:
    graph = _sending()
    assert targets(graph, "spf:x.test", "includes spf.hill.test") == ["spf:spf.hill.test"]
    assert falls(graph, ["zone:hill.test"], "spf:x.test") == 60
    assert falls(graph, ["zone:hill.test"], "mail-from:x.test") == math.inf


def test_a_block_whose_ends_are_not_one_providers_names_nobody() -> None:
    graph = graph_of(
        ("dns.mx", "x.test", Absent("NODATA")),
        ("dns.txt", "x.test", _txt("v=spf1 ip4:198.18.0.0/15 -all")),
    )
    assert list(needs(graph, "mail-from:x.test")) == ["SPF policy"]


def test_a_policy_with_an_error_or_a_hole_is_told() -> None:
    graph = graph_of(
        ("dns.mx", "x.test", Absent("NODATA")),
        ("dns.txt", "x.test", _txt("v=spf1 include:gone.test include:bad.test -all")),
        ("dns.txt", "bad.test", _txt("v=spf1 oops")),
    )
    assert unknown(graph, "mail.spf") == [
        (
            "x.test",
            "receivers give a permanent error (RFC 7208): bad.test: 'oops' is no mechanism",
        ),
        ("x.test", "the policy of gone.test, which it includes, was not seen"),
    ]


def test_a_policy_that_is_only_included_sends_nothing_itself() -> None:
    assert "mail-from:spf.hill.test" not in _sending().nodes


def test_policies_that_include_each_other_do_not_hang() -> None:
    graph = graph_of(
        ("dns.mx", "x.test", Absent("NODATA")),
        ("dns.txt", "x.test", _txt("v=spf1 include:y.test")),
        ("dns.txt", "y.test", _txt("v=spf1 include:x.test")),
    )
    assert "goes round" in unknown(graph, "mail.spf")[0][1]


def test_a_key_that_is_an_alias_stands_on_its_target() -> None:
    key = {"selector": "s1", "target": "x.edge.hill.test", "ttl": 60, "revoked": False}
    own = {"selector": "s2", "target": None, "ttl": 60, "revoked": False}
    graph = _sending(
        ("mail.dkim", "x.test", {"selectors": [key, own], "asked": ["s1", "s2"]}),
        ("dns.zone_of", "x.edge.hill.test", {"zone": "hill.test"}),
    )
    assert targets(graph, "mail-from:x.test", "DKIM key s1") == ["dkim:s1.x.test"]
    assert targets(graph, "dkim:s1.x.test", "sender") == ["hill/cdn?"]
    assert targets(graph, "dkim:s1.x.test", "dns") == ["zone:hill.test"]
    assert "DKIM key s2" not in needs(graph, "mail-from:x.test")


def test_keys_that_were_not_found_are_unknown_not_absent() -> None:
    graph = _sending(("mail.dkim", "x.test", Absent("NXDOMAIN")))
    assert unknown(graph, "mail.dkim")[0][0] == "x.test"
    seen = Seen({"selectors": [], "asked": []})
    assert unknown(_sending(("mail.dkim", "x.test", seen)), "mail.dkim") == []


def test_a_dmarc_record_that_is_an_alias_stands_on_the_other_zone() -> None:
    record = _txt("v=DMARC1; p=reject", canonical="x.dmarc.dale.test")
    graph = _sending(
        ("dns.txt", "_dmarc.x.test", record),
        ("dns.zone_of", "x.dmarc.dale.test", {"zone": "dale.test"}),
    )
    assert targets(graph, "mail-from:x.test", "DMARC policy") == ["dmarc:x.test"]
    assert falls(graph, ["zone:dale.test"], "dmarc:x.test") == 60


def test_a_sender_without_mx_records_may_take_mail_at_its_address_which_is_unknown() -> None:
    assert "RFC 5321" in unknown(_sending(), "mail.exchanger")[0][1]
    silent = graph_of(
        ("dns.mx", "x.test", Absent("NODATA")),
        ("dns.txt", "x.test", _txt("v=spf1 -all")),
    )
    assert unknown(silent, "mail.exchanger") == []


def test_where_exchangers_may_send_each_of_them_is_a_sender() -> None:
    graph = graph_of(MX, ("dns.txt", "x.test", _txt("v=spf1 mx -all")))
    found = needs(graph, "mail-from:x.test")
    assert {"sender a.mx.hill.test", "sender b.mx.hill.test", "sender mx.x.test"} <= set(found)
    assert found["sender mx.x.test"].alternatives[0].node == "host:mx.x.test"


def test_a_chain_of_two_thousand_policies_is_no_trouble() -> None:
    told: list[Told] = [
        ("dns.txt", f"d{n}.test", _txt(f"v=spf1 include:d{n + 1}.test -all")) for n in range(2000)
    ]
    graph = graph_of(("dns.mx", "d0.test", Absent("NODATA")), *told)
    assert targets(graph, "spf:d1998.test", "includes d1999.test") == ["spf:d1999.test"]
    assert "permanent error" in unknown(graph, "mail.spf")[0][1]
