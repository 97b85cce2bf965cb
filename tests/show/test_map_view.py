"""A map shows what a name stands on and what it does besides; strangers' text moves nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from downwind.graph import Graph
from downwind.show.map_form import unknowns_of
from downwind.show.map_view import map_form, show_map
from downwind.terms import Unanswered

from ..graph.seen import CATALOG, Told, graph_of, zone

RECORDS: tuple[Told, ...] = (
    ("dns.zone_of", "www.x.test", {"zone": "x.test"}),
    ("dns.zone_of", "x.test", {"zone": "x.test"}),
    ("dns.zone", "x.test", zone("a.ns.hill.test")),
    ("dns.cname", "www.x.test", {"target": "x.edge.hill.test", "ttl": 60}),
    ("dns.a", "x.edge.hill.test", {"addresses": ["198.18.1.9"], "ttl": 60}),
    ("dns.mx", "x.test", {"records": ["10 a.mx.hill.test."], "ttl": 300}),
    ("dns.txt", "x.test", {"records": ["v=spf1 include:spf.hill.test -all"], "ttl": 60}),
    ("dns.txt", "spf.hill.test", {"records": ["v=spf1 -all"], "ttl": 60}),
)


def _shown(graph: Graph, *names: str, width: int = 140, whole: bool = False) -> str:
    out = Console(
        file=StringIO(), width=width, markup=False, highlight=False, emoji=False, color_system=None
    )
    show_map(out, graph, names, CATALOG, whole=whole)
    assert isinstance(out.file, StringIO)
    return "\n".join(line.rstrip() for line in out.file.getvalue().splitlines())


def test_a_name_its_mail_and_its_senders_are_shown_one_below_the_other() -> None:
    assert (
        _shown(graph_of(*RECORDS), "www.x.test")
        == """\
www.x.test
  dns      x.test            hill/dns
  edge                       hill/cdn
  alias    x.edge.hill.test  hill/cdn
  address  198.18.1.9        hill/cdn
It stands on Hill (hill/cdn), Hill (hill/dns).
Each of these alone takes it down within a day: hill (at once), hill/cdn (at once), hill/dns \
(after 60 s).
Mail to x.test
  dns         x.test          hill/dns
  exchangers  a.mx.hill.test  hill/post
Each of these alone stops it within a day: hill (at once), hill/post (at once), hill/dns \
(after 5 min).
Mail from x.test
  SPF policy (soft)            SPF policy of x.test  hill/dns
  sender spf.hill.test (soft)                        hill/post
"""
    )


@pytest.mark.parametrize("width", [40, 60, 140])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    shown = _shown(graph_of(*RECORDS), "www.x.test", width=width)
    assert max(map(len, shown.splitlines())) <= width


def test_what_stayed_unknown_for_one_reason_is_told_once() -> None:
    addresses = [f"203.0.113.{n}" for n in range(5)]
    graph = graph_of(("dns.a", "x.test", {"addresses": addresses, "ttl": 60}))
    assert (
        "  203.0.113.0, 203.0.113.1, 203.0.113.2 and 2 more"
        "  address.provider: no prefix of the catalogue holds it"
    ) in _shown(graph, "x.test")


def test_what_failed_for_other_names_is_not_told_as_this_one_s_own() -> None:
    failed = [
        ("dns.zone_of", subject, Unanswered("nobody answers"))
        for subject in ("", "y.test", "spf.hill.test", "ns.z.test")
    ]
    graph = graph_of(*RECORDS, *failed)
    looked_at = {"spf.hill.test", "x.test"}

    form = map_form(graph, ["www.x.test"], looked_at)
    shown = _shown(graph, "y.test")

    assert {"spf.hill.test"} == {
        u["subject"] for u in form["unknown"] if u["reason"] == "nobody answers"
    }
    assert {"198.18.1.9", "x.test"} >= {
        u["subject"] for u in form["unknown"] if u["reason"] != "nobody answers"
    }
    assert shown.count("nobody answers") == 1
    assert "  y.test  dns.zone_of: nobody answers" in shown


def test_what_failed_beneath_a_name_is_its_own_also_where_an_earlier_run_saw_it() -> None:
    graph = graph_of(*RECORDS, ("dns.a", "a.ns.hill.test", Unanswered("nobody answers")))

    assert [u.subject for u in unknowns_of(graph, ["www.x.test"])] == ["a.ns.hill.test"]
    assert unknowns_of(graph, ["y.test"]) == ()


def test_of_a_page_that_loads_very_much_the_hard_needs_are_shown_and_the_rest_is_counted() -> None:
    resources = [
        {
            "url": f"https://h{n}.test/",
            "host": f"h{n}.test",
            "element": "script",
            "third_party": True,
            "strength": "hard" if n == 39 else "soft",
            "reason": "",
        }
        for n in range(40)
    ]
    graph = graph_of(
        ("dns.a", "x.test", {"addresses": ["198.18.1.9"], "ttl": 60}),
        ("page.resources", "https://x.test/", {"resources": resources}),
    )
    shown = _shown(graph, "x.test").splitlines()
    first = shown.index("What https://x.test/ loads") + 1
    assert shown[first].startswith("  script from h39.test ")
    assert "  and 25 more, which --tree shows" in shown


def test_text_of_strangers_moves_no_cursor_and_is_no_markup() -> None:
    bad = "[red]\x1b[2J"
    graph = graph_of(("dns.cname", "x.test", {"target": bad, "ttl": 1}))
    for whole in (False, True):
        shown = _shown(graph, "x.test", whole=whole)
        assert "\x1b" not in shown
        assert "[red]" in shown


def test_of_a_name_that_was_not_seen_it_is_said() -> None:
    assert "y.test: nothing could be measured." in _shown(graph_of(*RECORDS), "y.test")


def test_programs_get_the_parts_of_a_name_with_what_takes_each_down() -> None:
    form = map_form(graph_of(*RECORDS), ["www.x.test", "y.test"])
    first, second = form["names"]
    assert first["node"] == "host:www.x.test"
    assert [(part["part"], part["node"]) for part in first["parts"]] == [
        ("receive", "mail:x.test"),
        ("send", "mail-from:x.test"),
    ]
    assert first["parts"][0]["alone_takes_down"][0] == {"scope": "hill", "after": 0.0}
    assert (second["node"], second["parts"]) == (None, [])
    assert "exchanger:a.mx.hill.test" in {node["id"] for node in form["nodes"]}
