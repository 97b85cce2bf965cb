"""What is shown of the inside: each need with its kind, long lists cut, the sentence in full."""

from io import BufferedReader, BytesIO, StringIO
from typing import Any

from rich.console import Console

from downwind.catalog import Catalog
from downwind.evidence.inside import Reading, records_of
from downwind.evidence.inside.dnslog import read_dnslog
from downwind.evidence.inside.terraform import read_terraform
from downwind.evidence.records import evidence_id
from downwind.graph import build_graph
from downwind.jobs.inside import Read, what_was_missed
from downwind.jobs.map import Records
from downwind.model import Model
from downwind.show.inside_view import inside_form, sentences, show_inside
from downwind.show.map_view import show_map
from downwind.terms import Evidence, Seen

NOW = 1763500000.0
CATALOG = Catalog.from_texts(
    [
        """
id: hill
name: Hill Cloud
products: [{id: run, role: cloud, name: Run}, {id: queue, role: messaging, name: Queue}]
facts:
  - {kind: cname, suffix: run.hill.com, product: run, unconfirmed: true}
  - {kind: api_host, suffix: queue.hill.com, product: queue, unconfirmed: true}
"""
    ]
)
STATE = (
    b'{"format_version": "1.0", "values": {"root_module": {"resources": [{"address": "aws_lb.a", '
    b'"type": "aws_lb", "provider_name": "hashicorp/aws", "values": {"region": "us-east-1"}}]}}}'
)


def log(*hosts: str) -> Reading:
    text = "".join(f"[1763424003] unbound[1:0] info: 192.0.2.7 {host}. A IN\n" for host in hosts)
    return read_dnslog(BufferedReader(BytesIO(text.encode())), now=NOW)  # type: ignore[arg-type, unused-ignore]


def records(reading: Reading, node: str) -> Records:
    found = records_of(reading, node=node, source="s", now=NOW)
    return [(evidence_id(record), record) for record in found]


def alias(host: str, target: str) -> tuple[str, Evidence]:
    return host, Evidence(host, "dns.cname", Seen({"target": target, "ttl": 60}), 1.0, "here")


def console(width: int = 100) -> tuple[Console, StringIO]:
    file = StringIO()
    return Console(file=file, width=width, markup=False, highlight=False), file


OUTSIDE: list[Any] = [alias("www.x.com", "x.run.hill.com")]


def test_a_network_is_compared_with_all_that_was_mapped() -> None:
    look = what_was_missed(
        [*OUTSIDE, *records(log("a.queue.hill.com", "api.example.net"), "this network")],
        "this network",
        CATALOG,
    )

    assert sentences(look, CATALOG) == [
        "Nothing that was mapped shows this network itself; it is compared with everything in the "
        "store that was seen from outside.",
        "The outside view saw 2 of 3 vendors; the log adds 1: example.net.",
        "What 1 of these rests on is not known yet; --deeper maps their hosts.",
        "Of vendors that it did see, it missed these parts: hill/queue.",
    ]


def test_a_host_is_compared_with_its_own_outside_view() -> None:
    queries = records(log("a.queue.hill.com"), "www.x.com")
    resources = records(read_terraform(STATE), "www.x.com")
    look = what_was_missed([*OUTSIDE, *queries, *resources], "www.x.com", CATALOG)

    assert look.kinds == ("dnslog", "terraform")
    assert sentences(look, CATALOG)[0] == (
        "The outside view saw 1 of 2 vendors; the log and the state add 1: aws."
    )


def test_where_the_inside_adds_nothing_it_says_so() -> None:
    look = what_was_missed(
        [*OUTSIDE, *records(log("b.run.hill.com"), "www.x.com")], "www.x.com", CATALOG
    )

    assert sentences(look, CATALOG) == ["The outside view saw 1 of 1 vendor; the log adds none."]


def test_of_many_vendors_the_screen_shows_some_and_the_json_all() -> None:
    reading = log(*(f"h.v{n}.net" for n in range(60)))
    look = what_was_missed(records(reading, "n"), "n", CATALOG)
    out, file = console()

    show_inside(out, [Read("s", reading)], look, CATALOG)

    assert file.getvalue().count("not seen outside") == 40
    assert "and 20 more; --json lists all" in file.getvalue()
    assert " and 48 more.\n" in file.getvalue()
    assert len(inside_form([Read("s", reading)], look, CATALOG)["vendors"]) == 60


def test_the_map_of_a_name_tells_the_kind_of_each_need_and_cuts_a_long_list() -> None:
    reading = log(*(f"h{n}.v.net" for n in range(60)))
    found = [
        *records(read_terraform(STATE), "www.x.com"),
        *records(reading, "www.x.com"),
        *OUTSIDE,
    ]
    graph = build_graph(found, CATALOG, Model())
    out, file = console(140)

    show_map(out, graph, ["www.x.com"], CATALOG, whole=False)

    text = file.getvalue()
    assert "alias  " in text
    assert "use of h0.v.net (soft)  " in text
    assert 0 < text.count("use of") < 40

    show_map(out, graph, ["www.x.com"], CATALOG, whole=True)
    assert "resource aws_lb.a, soft, declared" in file.getvalue()
