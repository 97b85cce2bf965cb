"""The catalogue's commands as people and programs see them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from downwind.catalog import ROLES
from downwind.evidence.log import EvidenceLog
from downwind.show.cli.main import app
from downwind.show.cli.reference import render
from downwind.terms import CannotMeasure, Evidence, Seen, UsageError

KEYS = ["kind", "value", "owner", "served_by", "role", "region", "fault", "confidence", "rule"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No list that this user has fetched comes in, and nothing is left behind."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("DOWNWIND_ASDB", raising=False)
    return tmp_path / "data"


def _run(*words: str, width: int = 100) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": str(width)})


def _json(*words: str) -> Any:
    result = _run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_one_artefact_is_one_object() -> None:
    found = _json("catalog", "explain", "ns", "bob.ns.cloudflare.com", "--as-of", "2026-11-26")
    assert list(found) == KEYS
    assert (found["owner"], found["served_by"], found["role"]) == ("cloudflare",) * 2 + ("dns",)
    assert 0.5 < found["confidence"] <= 0.95


def test_an_unknown_artefact_is_told_calmly() -> None:
    result = _run("catalog", "explain", "ns", "ns1.example.org")
    assert result.exit_code == 0
    assert "Nobody in the catalogue shows this." in result.output


def test_a_person_reads_who_offers_and_who_serves(tmp_path: Path) -> None:
    page = '{"status": 522, "headers": {"server": "cloudflare"}, "body": ""}'
    result = _run("catalog", "explain", "error_page", page)
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "owner Cloudflare (cloudflare, of Cloudflare, Inc.)" in lines
    assert "served by itself" in lines
    assert "fault origin" in lines


def test_hostile_text_cannot_move_the_cursor() -> None:
    result = _run("catalog", "explain", "header", "server: cloudflare \x1b[2J[bold]x[/bold]")
    assert "\x1b" not in result.output
    assert "[bold]x[/bold]" in result.output


LIST = [
    ("kind", "value"),
    ("ns", "bob.ns.cloudflare.com"),
    ("whois", "x"),
    ("error_page", '{"status": 521, "headers": {"server": "cloudflare"}, "body": "a\\tb"}'),
    ("error_page", "oops"),
    ("cookie", ""),
]


@pytest.mark.parametrize("form", ["header", "bare", "gz", "quoted", "more", "crlf", "bom"])
def test_a_list_is_one_array_in_the_order_of_its_rows(tmp_path: Path, form: str) -> None:
    rows = LIST[1:] if form == "bare" else LIST
    if form == "quoted":
        rows = [(k, '"' + v.replace('"', '""') + '"' if "{" in v else v) for k, v in rows]
    end = "\r\n" if form == "crlf" else "\n"
    text = "".join(f"{k}\t{v}{end}" for k, v in rows)
    if form == "more":
        text = "".join(f"note\t{v}\t{k}\tx\n" for k, v in rows).replace("note", "owner", 1)
    raw = ("\ufeff" if form == "bom" else "").encode() + text.encode()
    file = tmp_path / "list.tsv"
    file.write_bytes(gzip.compress(raw) if form == "gz" else raw)
    found = _json("catalog", "explain", "--list", str(file))
    assert [list(each) for each in found] == [KEYS] * 5
    assert [each["owner"] for each in found] == ["cloudflare", None, "cloudflare", None, None]
    assert [each["fault"] for each in found] == [None, None, "origin", "unknown", None]
    assert found[1]["rule"].startswith("cannot be read: 'whois' is no kind")
    assert found[3]["rule"].startswith("cannot be read: it is no error page")


@pytest.mark.parametrize("width", [60, 140])
def test_a_list_fits_the_screen(tmp_path: Path, width: int) -> None:
    file = tmp_path / "list.tsv"
    file.write_text("".join(f"{kind}\t{value}\n" for kind, value in LIST))
    result = _run("catalog", "explain", "--list", str(file), width=width)
    assert max(map(len, result.output.splitlines())) <= width
    assert "2 of 5 known." in result.output
    assert "cannot be read: '' is no cookie." in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the list is empty"),
        (b"a,b\n", "it has no columns kind and value"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"\x1f\x8bx", "it cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "list.tsv"
    file.write_bytes(content)
    result = _run("catalog", "explain", "--list", str(file))
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert str(file) in str(result.exception)


@pytest.mark.parametrize("words", [[], ["ns"], ["ns", "x", "--list", "y"], ["whois", "x"]])
def test_a_wrong_call_says_what_is_wanted(words: list[str]) -> None:
    assert isinstance(_run("catalog", "explain", *words).exception, UsageError)


def test_the_alternatives_of_a_role_come_by_owner_and_without_what_has_ended() -> None:
    found = _json("catalog", "alternatives", "edge")
    owners = [each["owner"].casefold() for each in found]
    assert owners == sorted(owners)
    assert {"cloudflare", "fastly", "akamai"} <= {each["provider"] for each in found}
    assert "Cloudflare, Inc." in _run("catalog", "alternatives", "captcha").output


def test_the_roles_are_listed_with_how_many_offer_each() -> None:
    assert [each["role"] for each in _json("catalog", "alternatives")] == list(ROLES)
    assert isinstance(_run("catalog", "alternatives", "edgy").exception, UsageError)


def test_the_schema_of_a_file_is_printed() -> None:
    assert "facts" in json.loads(_run("catalog", "schema").output)["properties"]


def test_what_was_mapped_and_not_recognised_is_suggested(tmp_path: Path) -> None:
    store = tmp_path / "store"
    servers = [{"host": "ns1.newdns.example"}, {"host": "bob.ns.cloudflare.com"}]
    seen: list[tuple[str, str, dict[str, Any]]] = [
        ("x.test", "dns.zone", {"name_servers": servers}),
        ("y.test", "dns.zone", {"name_servers": servers[:1]}),
        ("x.test", "dns.a", {"addresses": ["203.0.113.9"]}),
    ]
    with EvidenceLog(store) as log:
        for subject, kind, value in seen:
            log.append(Evidence(subject, kind, Seen(value), 0.0, "here"))
        log.sync()
    found = _json("catalog", "suggest", "--store", str(store))
    assert [(each["value"], each["weight"]) for each in found] == [
        ("newdns.example", 2),
        ("203.0.113.0/24", 1),
    ]
    told = _run("catalog", "suggest", "--store", str(store), "--stubs", width=40).output
    assert '  - {kind: ns, suffix: "newdns.example", product: dns, unconfirmed: true}' in told


def test_of_a_graph_what_sites_stand_on_is_suggested(tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text(
        "node,need,alternative\n"
        "a.test,dns,zone:a\nb.test,dns,zone:a\nc.test,issuer,issuer:New CA\n"
        "zone:a,servers,server:ns1.newdns.example\n"
    )
    found = _json("catalog", "suggest", "--graph", str(file))
    assert [(each["kind"], each["value"], each["weight"]) for each in found] == [
        ("ns", "newdns.example", 2),
        ("cert_issuer", "New CA", 1),
    ]


def test_where_there_was_nothing_to_look_at_nothing_is_said_to_be_recognised(
    tmp_path: Path,
) -> None:
    missing = _run("catalog", "suggest", "--store", str(tmp_path / "none"))
    assert isinstance(missing.exception, CannotMeasure)
    assert "nothing was mapped in" in str(missing.exception)
    file = tmp_path / "edges.csv"
    file.write_text("node,need,alternative\na.test,x,thing:y\n")
    assert isinstance(_run("catalog", "suggest", "--graph", str(file)).exception, CannotMeasure)


def test_a_provider_of_a_graph_and_a_host_of_a_log_are_suggested(tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text("node,need,alternative\na.test,dns,dns-one\na.test,edge,cloudflare\n")
    found = _json("catalog", "suggest", "--graph", str(file))
    assert [(each["kind"], each["value"]) for each in found] == [("provider", "dns-one")]
    store = tmp_path / "store"
    with EvidenceLog(store) as log:
        for host in ("api.example.net", "db", "js.stripe.com"):
            value = {"node": "shop", "host": host}
            log.append(Evidence("shop", "inside.query", Seen(value), 0.0, "here"))
        log.sync()
    found = _json("catalog", "suggest", "--store", str(store))
    assert [(each["kind"], each["value"]) for each in found] == [("api_host", "example.net")]


def test_a_file_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    told = _run("catalog", "explain", "--list", str(tmp_path / "none.tsv")).exception
    assert "it cannot be read: No such file or directory." in str(told)


def test_the_reference_has_a_section_for_each_verb_of_the_catalogue() -> None:
    text = render()
    for verb in ("explain", "suggest", "alternatives", "schema"):
        assert f"\n## downwind catalog {verb}\n" in text
    assert "Usage: downwind catalog explain " in text


def test_which_lists_are_in_use_is_told_without_asking_anybody(home: Path) -> None:
    result = _run("update", "--offline")
    assert result.exit_code == 0
    assert result.output.count("in use: what comes with Downwind") == 8
    one = _run("update", "--offline", "fastly")
    assert one.output.count("in use:") == 1


def test_a_folder_of_lists_is_read_and_a_refused_one_ends_with_1(
    tmp_path: Path, home: Path
) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    text = '{"addresses": ["151.101.0.0/16"], "ipv6_addresses": ["2a04:4e40::/32"]}'
    (lists / "public-ip-list").write_text(text)
    assert _run("update", "fastly", "--from", str(lists), "--accept", "fastly").exit_code == 0
    assert (home / "downwind" / "prefixes" / "fastly.json").exists()
    (lists / "public-ip-list").write_text(text.replace("151.101.0.0/16", "0.0.0.0/0"))
    refused = _run("update", "fastly", "--from", str(lists))
    assert refused.exit_code == 1
    assert "0.0.0.0/0 is too wide" in refused.output
    assert "in use: 2 prefixes, of" in refused.output
    absent = _run("update", "--from", str(tmp_path / "none")).exception
    assert isinstance(absent, UsageError)
    assert str(absent).startswith(f"{tmp_path / 'none'}: there is no such folder")
    (tmp_path / "empty").mkdir()
    assert _run("update", "--from", str(tmp_path / "empty")).exit_code == 3
    assert isinstance(_run("update", "fastlee").exception, UsageError)
