"""`map --list`: what it takes, what it refuses, and what it shows."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from downwind.jobs.survey import Surveyed
from downwind.show.cli.listing import read_endpoint
from downwind.show.listing_view import duration, list_form, progress_line, show_list
from downwind.survey.dns.client import Counts
from downwind.survey.names_file import Read
from downwind.survey.run import Progress, Tally
from downwind.terms import UsageError
from tests.observe.tinynet import RESOLVER, TinyInternet, usual


def _surveyed() -> Surveyed:
    tally = Tally(done=90, seen=80, absent=6, unknown=4, incomplete=2)
    tally.reasons = Counter({"SERVFAIL \x1b[31m(extended error 22 [bold]gone[/bold])": 4})
    told = ["line 3: 'a b' is not a host name; a list has names, not URLs"]
    read = Read(rows=100, repeats=1, broken=1, told=told)
    return Surveyed(Progress(tally, Counts(queries=560, timeouts=7)), read, 10)


def _shown(width: int) -> str:
    out = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    show_list(out, _surveyed(), Path("store"))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("width", [60, 140])
def test_what_came_of_a_list_fits_the_screen_and_is_escaped(width: int) -> None:
    shown = _shown(width)
    assert max(map(len, shown.splitlines())) <= width
    assert "100  names" in shown
    assert "10  of them done by the run that was cut off" in shown
    assert "4  unknown: nobody could say" in shown
    assert "560  queries, 6.2 a name; 7 timed out" in shown
    assert "line 3: 'a b' is not a host name" in shown
    assert "\x1b" not in shown
    assert "[bold]gone[/bold]" in " ".join(shown.split())


def test_the_same_as_json() -> None:
    form = list_form(_surveyed(), Path("store"))
    assert json.loads(json.dumps(form)) == form
    assert (form["names"], form["done_before"], form["unknown"]) == (100, 10, 4)
    assert form["reasons"][0]["names"] == 4
    assert form["rows"]["broken"] == 1


def test_how_far_it_is_is_one_line() -> None:
    progress = _surveyed().progress
    assert progress_line(progress, 10, 1_000, 30.0) == (
        "100 of 1,000 names, 3 a second, 560 queries, 5 min left"
    )
    assert progress_line(progress, 0, None, 30.0) == "90 names, 3 a second, 560 queries"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (5_400, "1 h 30 min")]
)
def test_a_time_to_wait(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "ip", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("2001:DB8::1", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
        ("[::1]", "::1", 53),
    ],
)
def test_a_resolver_is_an_address_and_a_port(text: str, ip: str, port: int) -> None:
    endpoint = read_endpoint(text)
    assert (endpoint.ip, endpoint.port) == (ip, port)


@pytest.mark.parametrize(
    "text", ["", "dns.test", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:0", "192.0.2.1:65536", "[::1"]
)
def test_what_is_no_resolver_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no resolver"):
        read_endpoint(text)


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "downwind", "map", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "name what to map"),
        (("x.test", "--edges", "web.csv"), "--edges goes with --list"),
        (("x.test", "--with", "tls"), "--with goes with --list"),
        (("--list", "LIST", "x.test"), "--list takes its names from the file"),
        (("--list", "LIST", "--with", "smoke"), "--with knows tls, http, caa, not 'smoke'"),
        (("--list", "LIST", "--resolver", "nowhere"), "'nowhere' is no resolver"),
        (("--list", "LIST", "--edges", "web.txt"), "neither Parquet nor CSV"),
        (("--list", "none.csv"), "none.csv: The list cannot be read: No such file"),
    ],
)
def test_a_wrong_order_is_refused_before_anything_is_asked(
    tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    names = tmp_path / "list.txt"
    names.write_text("x.test\n")
    store = tmp_path / "store"
    given = [str(names) if each == "LIST" else each for each in arguments]
    ran = _run(*given, "--store", store)
    assert ran.returncode == 2
    assert why in " ".join(ran.stderr.split())
    assert not store.exists()


def _handout(net: TinyInternet) -> dict[str, Any]:
    return {
        "vantage": "test",
        "resolvers": [RESOLVER],
        "dial": net.dial,
        "trust": net.issuer.pem,
        "allowed": ["198.18.0.0/15"],
        "clock": {"scenario": time.time(), "monotonic": time.monotonic(), "speed": 1.0},
    }


async def test_a_list_is_mapped_and_its_needs_written(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("rank,domain\n1,x.test\n2,none.test\n3,half.test\n")
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        (tmp_path / "handout.json").write_text(json.dumps(_handout(net)))
        ran = await asyncio.to_thread(
            _run,
            *("--list", tmp_path / "list.csv", "--network", tmp_path / "handout.json"),
            *("--store", tmp_path / "store", "--edges", tmp_path / "web.csv", "--json"),
        )
    assert ran.returncode == 0, ran.stderr
    form = json.loads(ran.stdout)
    assert (form["names"], form["seen"], form["absent"], form["unknown"]) == (3, 2, 1, 0)
    edges = (tmp_path / "web.csv").read_text().splitlines()
    assert any(line.startswith("x.test,dns,*.dnsco.test,1,hard") for line in edges)
    nodes = (tmp_path / "web-nodes.csv").read_text().splitlines()
    assert nodes[0] == "node,kind,rank"
    assert "x.test,site,1" in nodes


async def test_without_any_answer_it_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("x.test\n")
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lambda _: [])
        (tmp_path / "handout.json").write_text(json.dumps(_handout(net)))
        ran = await asyncio.to_thread(
            _run,
            *("--list", tmp_path / "list.txt", "--network", tmp_path / "handout.json"),
            *("--store", tmp_path / "store"),
        )
    assert ran.returncode == 3
    assert "No resolver answers" in ran.stderr


async def test_a_folder_that_is_not_there_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("x.test\n")
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        (tmp_path / "handout.json").write_text(json.dumps(_handout(net)))
        ran = await asyncio.to_thread(
            _run,
            *("--list", tmp_path / "list.txt", "--network", tmp_path / "handout.json"),
            *("--store", tmp_path / "store", "--edges", tmp_path / "nowhere" / "web.csv"),
        )
    assert ran.returncode == 2
    assert "there is no such folder" in ran.stderr
    assert not (tmp_path / "store").exists()


async def test_a_list_that_names_nobody_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# nobody\n")
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        (tmp_path / "handout.json").write_text(json.dumps(_handout(net)))
        ran = await asyncio.to_thread(
            _run,
            *("--list", tmp_path / "list.txt", "--network", tmp_path / "handout.json"),
            *("--store", tmp_path / "store"),
        )
    assert ran.returncode == 2
    assert "the list names nobody" in ran.stderr
