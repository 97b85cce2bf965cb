"""From files to a merged map: what is read from inside, kept, mapped deeper and compared."""

import asyncio
import gzip
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from downwind.catalog import Catalog
from downwind.evidence.inside.readings import READING
from downwind.evidence.records import to_payload
from downwind.jobs.inside import (
    Options,
    hosts_to_map,
    keep,
    map_deeper,
    read_files,
    what_was_missed,
)
from downwind.jobs.map import map_here, stored
from downwind.jobs.prometheus import ask_prometheus
from downwind.questions.missed import Vendor
from downwind.show.cli.inside import sources_of
from downwind.show.inside_view import sentences, show_inside
from downwind.terms import CannotMeasure, DownwindError, Evidence, Seen, UsageError

from ..observe.tinynet import TinyInternet, page, usual

CATALOG = """
id: dnsco
name: DNS Company
products: [{id: dns, role: dns, name: DNS}]
facts: [{kind: ns, suffix: dnsco.test, product: dns, unconfirmed: true}]
---
id: cdn
name: The CDN
products: [{id: proxy, role: edge, name: Proxy}]
facts:
  - {kind: cname, suffix: cdn.test, product: proxy, unconfirmed: true}
  - {kind: prefix, prefix: 198.18.2.0/24, product: proxy, unconfirmed: true}
---
id: hidden
name: Hidden Hosting
products: [{id: servers, role: cloud, name: Servers}]
facts: [{kind: prefix, prefix: 198.18.3.0/24, product: servers, unconfirmed: true}]
"""
NOW = 1763500000.0
OFFICE = Options("dnslog", "the office", public=("test",))
LOG = "[1763424003] unbound[1:0] info: 192.0.2.7 {}. A IN\n"


def run(folder: Path, *words: str, given: bytes = b"", width: int = 100) -> tuple[int, str, str]:
    """Exit code, output and errors of `downwind` in a folder."""
    env = {**os.environ, "COLUMNS": str(width)}
    command = [sys.executable, "-m", "downwind", *words, "--store", str(folder / "store")]
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, env=env)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    return tmp_path


@pytest.mark.timeout(60)
async def test_the_vendors_vendors_are_mapped_and_what_was_missed_is_told(tmp_path: Path) -> None:
    store, catalog = tmp_path / "store", Catalog.from_texts([CATALOG])
    (tmp_path / "query.log").write_text("".join(map(LOG.format, ("img.ads.test", "api.x.test"))))
    options = Options("dnslog", "x.test", public=("test",))

    async with TinyInternet(tmp_path) as net:
        await usual(net, "api A 198.18.2.80")
        await net.resolver()
        network = net.network()

        async def mapped(*names: str) -> None:
            await map_here(names, network, store, budget=8.0, heard=lambda _: None)

        async def mapped_deeper(*names: str) -> None:
            await map_deeper(names, "x.test", network, store, budget=8.0, heard=lambda _: None)

        await mapped("x.test")
        keep(read_files([str(tmp_path / "query.log")], options, NOW), options, store, NOW)
        before = what_was_missed(stored(store), "x.test", catalog)
        await mapped_deeper(*hosts_to_map(before.missed.inside))
        after = what_was_missed(stored(store), "x.test", catalog)
        keep(read_files([str(tmp_path / "query.log")], OFFICE, NOW), OFFICE, store, NOW)
        office = what_was_missed(stored(store), OFFICE.node, catalog)
        await mapped("img.ads.test")
        again = what_was_missed(stored(store), OFFICE.node, catalog)

    assert [(v.id, v.rests_on) for v in before.missed.inside] == [("ads.test", ())]
    assert [(v.id, v.rests_on) for v in after.missed.inside] == [("ads.test", ("dnsco", "hidden"))]
    assert after.missed.outside == ("cdn", "dnsco")
    assert sentences(after, catalog) == [
        "The outside view saw 2 of 3 vendors; the log adds 1: ads.test.",
        "1 of these rests on providers that nothing outside shows: Hidden Hosting (1).",
    ]
    # What is mapped deeper is no outside view, until somebody maps it as a name of its own.
    assert set(office.missed.outside) == {"cdn", "dnsco", "x.test"}
    assert set(again.missed.outside) == {"cdn", "dnsco", "x.test", "ads.test", "hidden"}
    assert sentences(before, catalog)[1] == (
        "What 1 of these rests on is not known yet; --deeper maps their hosts."
    )


def test_of_reads_the_merged_graph_afterwards(folder: Path) -> None:
    (folder / "q.log").write_text(LOG.format("a.example.net"))
    catalog = ("--catalog", str(folder / "catalog.yaml"))

    assert run(folder, "map", "--from", "dnslog", str(folder / "q.log"), *catalog)[0] == 0
    code, out, _ = run(folder, "of", "domain:example.net", *catalog, "--json")

    fates = {fate["node"]: fate["state"] for fate in json.loads(out)["others"]}
    assert code == 1
    assert fates["host:a.example.net"] == "down"
    assert fates["this network"] == "degraded"


def test_the_terminal_shows_this(folder: Path) -> None:
    log = "".join(map(LOG.format, ("a.example.net", "db1", "b.example.net"))) + "junk\n"
    code, out, err = run(
        folder, "map", "--from", "dnslog", "-", "--catalog", str(folder / "catalog.yaml"),
        given=gzip.compress(log.encode()), width=60,
    )  # fmt: skip

    assert (code, err) == (0, "")
    assert out == (
        "standard input (unbound): 2 hosts; 3 of 4 lines are look-ups\n"
        "  Left out: 1 internal name.\n"
        "  1 place could not be read. line 4: it is no line as\n"
        "  unbound writes it.\n"
        "\n"
        "Vendors of this network, as seen from inside\n"
        "  example.net  observed  not seen outside\n"
        "    a.example.net, b.example.net\n"
        "\n"
        "Nothing in the store was seen from outside; `downwind map\n"
        "NAME` looks.\n"
        "The outside view saw 0 of 1 vendor; the log adds 1:\n"
        "example.net.\n"
        "What 1 of these rests on is not known yet; --deeper maps\n"
        "their hosts.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x.test", "--for", "y.test"], "--for goes with --from."),
        (["x.test", "--for", "this network"], "--for goes with --from."),
        (["--list", "names", "--tree"], "--tree means nothing with --list."),
        (["--list", "names", "--budget", "60"], "--budget means nothing with --list."),
        (["--list", "names", "--rdap", "--browser"], "--rdap means nothing with --list."),
        (["--list", "names", "--deeper"], "--deeper means nothing with --list."),
        (["--from", "dnslog", "q.log", "--tree"], "--tree means nothing with --from."),
        (["--from", "dnslog", "q.log", "--browser"], "--browser means nothing with --from."),
        (["--from", "dnslog", "q.log", "--for", ""], "--for names nothing."),
        (["--from", "dnslog", "q.log", "--for", "http://x.test/a"], "--for takes no URL"),
        ([""], "'' cannot be mapped"),
        (["x.test", "foo bar"], "'foo bar' is no host name."),
        (["ftp://x.test/"], "the scheme 'ftp' is neither http nor https"),
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused_and_nothing_is_kept(
    tmp_path: Path, words: list[str], said: str
) -> None:
    code, out, err = run(tmp_path, "map", *words)

    assert (code, out) == (2, "")
    assert said in err
    assert not (tmp_path / "store").exists()


def test_a_map_tells_what_could_not_be_read_of_its_own_names_documents_and_of_no_other() -> None:
    told = [{"node": node, "source": f"{node}.log"} for node in ("x.test", "y.test")]
    readings = [("", Evidence(each["source"], READING, Seen(each), NOW, "inside")) for each in told]

    assert sources_of(readings, ["x.test", "z.test"]) == {"x.test.log"}


def test_what_leads_to_nobody_is_told_on_the_screen_and_addresses_are_counted(
    tmp_path: Path,
) -> None:
    resource = {
        "address": "odd_thing.a", "type": "odd_thing", "provider_name": "acme/odd",
        "values": {"address": "192.0.2.1", "type": "A", "records": ["192.0.2.1", "2001:db8::1"]},
    }  # fmt: skip
    state = {"format_version": "1.0", "values": {"root_module": {"resources": [resource]}}}
    (tmp_path / "state.json").write_text(json.dumps(state))
    (tmp_path / "calls.txt").write_text(
        'traces_service_graph_request_total{client="shop",server="unknown",'
        'connection_type="virtual_node"} 7\n'
    )

    _, terraform, _ = run(tmp_path, "map", "--from", "terraform", str(tmp_path / "state.json"))
    _, calls, _ = run(tmp_path, "map", "--from", "otel", str(tmp_path / "calls.txt"))
    told = run(tmp_path, "map", "--from", "otel", str(tmp_path / "calls.txt"), "--json")[1]

    assert "What stays unknown, and why\n  odd_thing.a: no vendor is known for the" in terraform
    assert "Left out: 2 addresses that stand in place of a host name.\n" in terraform
    assert "  shop: it calls something that its traces do not name\n" in calls
    assert [u["subject"] for u in json.loads(told)["unknown"]] == ["shop", "odd_thing.a"]


def test_hostile_names_do_not_reach_the_screen_or_the_store(tmp_path: Path) -> None:
    evil = "\x1b[2J[bold]<script>.example.net"
    head = "Nov 18 00:00:03 dnsmasq[1]: query[A] "
    file = tmp_path / "q\x1b[1m.log"
    file.write_text(f"{head}{evil} from 192.0.2.1\n{head}a.example.net from 192.0.2.1\n\x1b[2J\n")
    store, catalog = tmp_path / "store", Catalog.from_texts([CATALOG])
    options = Options("dnslog", "n\x1b[5m[red]")
    read = read_files([str(file)], options, NOW)
    keep(read, options, store, NOW)
    out = Console(file=StringIO(), width=100, markup=False, highlight=False, force_terminal=False)

    show_inside(out, read, what_was_missed(stored(store), options.node, catalog), catalog)

    assert isinstance(out.file, StringIO)
    assert "\x1b" not in out.file.getvalue()
    assert "[red]" in out.file.getvalue()
    kept = b"".join(to_payload(record) for _, record in stored(store))
    assert b"script" not in kept
    assert b"a.example.net" in kept


@pytest.mark.parametrize(
    ("kind", "file", "code", "said"),
    [
        ("dnslog", "nowhere", 2, "it cannot be read: No such file or directory."),
        ("dnslog", ".", 2, "it cannot be read: Is a directory."),
        ("dnslog", "empty", 3, "the log is empty."),
        ("terraform", "empty", 2, "this is not valid JSON: Expecting value: line 1 column 1"),
        ("backstage", "junk", 2, "this is not valid YAML: "),
        ("otel", "empty", 3, "it holds no service graph."),
        ("otel", "http://127.0.0.1/", 2, "it cannot be read: No such file or directory."),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_file_s_name(
    tmp_path: Path, kind: str, file: str, code: int, said: str
) -> None:
    (tmp_path / "empty").write_text("")
    (tmp_path / "junk").write_text("a: [")
    path = str(tmp_path / file)

    with pytest.raises(DownwindError) as refused:
        read_files([path], Options(kind), 0.0)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert refused.value.exit_code == code


@pytest.mark.parametrize(
    ("kind", "files", "said"),
    [
        (
            "pcap",
            ["x"],
            "there is nothing to read from 'pcap'. Use dnslog, otel, terraform, backstage.",
        ),
        ("dnslog", [], "--from needs a file. Name one, or - for standard input."),
    ],
)
def test_what_nobody_can_read_is_refused(kind: str, files: list[str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_files(files, Options(kind), 0.0)
    assert str(refused.value) == said


def test_every_document_is_read_before_any_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(LOG.format("a.example.net"))

    with pytest.raises(UsageError):
        read_files([str(tmp_path / "a.log"), str(tmp_path / "b.log")], Options("dnslog"), NOW)


def test_files_of_one_name_are_called_by_their_folders(tmp_path: Path) -> None:
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "q.log").write_text(LOG.format("a.example.net"))
    files = [str(tmp_path / folder / "q.log") for folder in "ab"]

    assert [r.source for r in read_files(files, Options("dnslog"), NOW)] == ["a/q.log", "b/q.log"]
    with pytest.raises(UsageError, match="is named twice"):
        read_files([files[0], files[0]], Options("dnslog"), NOW)


GRAPH = json.dumps(
    {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [{"metric": {"client": "a", "server": "b"}, "value": [0, "1"]}],
        },
    }
)


@pytest.mark.timeout(60)
async def test_prometheus_is_asked_one_query(tmp_path: Path) -> None:
    options, url = Options("otel"), "http://198.18.2.80/prom/"
    async with TinyInternet(tmp_path) as net:
        await net.web("198.18.2.80", page(GRAPH))
        read = await asyncio.to_thread(read_files, [url], options, NOW, net.network())

    assert read[0].source == "198.18.2.80"
    assert [s.thing for s in read[0].reading.statements] == ["a > b (direct)"]
    asked = [head.split(b" ")[1] for head in net.heads if b"robots.txt" not in head]
    assert len(asked) == 1
    assert asked[0].startswith(b"/prom/api/v1/query?query=label_replace%28sum")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("serving", "said"),
    [
        (page("no", "401 Unauthorized"), "Prometheus answered with status 401."),
        (page("", "302 Found", "Location: http://198.18.2.80/login"), "answered with status 302."),
        (page("x", "200 OK", "Transfer-Encoding: x"), "Prometheus could not be asked"),
    ],
)
async def test_an_answer_of_prometheus_that_is_none_is_told(
    folder: Path, serving: Any, said: str
) -> None:
    async with TinyInternet(folder) as net:
        await net.web("198.18.2.80", serving)
        with pytest.raises(CannotMeasure) as refused:
            await ask_prometheus("http://u:PASS@198.18.2.80/", "up", net.network())

    assert said in str(refused.value)
    assert "PASS" not in str(refused.value)


async def test_a_private_prometheus_is_refused_unless_allowed(folder: Path) -> None:
    async with TinyInternet(folder) as net:
        await net.web("198.18.2.80", page(GRAPH))
        with pytest.raises(CannotMeasure) as refused:
            await ask_prometheus("http://127.0.0.1:9090/", "up", net.network(allowed=[]))

    assert "A private address needs --allow-private" in str(refused.value)


def test_one_host_of_every_vendor_is_mapped_first() -> None:
    def vendor(name: str, *hosts: str) -> Vendor:
        return Vendor(name, False, hosts, (), (), False, ())

    many = [f"h{n}.b.com" for n in range(300)]
    found = hosts_to_map([vendor("a", "1.a.com", "_sip.a.com", "2.a.com"), vendor("b", *many)])

    assert found[:4] == ("1.a.com", "h0.b.com", "2.a.com", "h1.b.com")
    assert len(found) == 200
