"""Published lists are fetched over real HTTPS, and believed, or refused with the reason."""

import asyncio
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from downwind.catalog import Catalog
from downwind.catalog.published import SOURCES, packaged_size
from downwind.catalog.read import package_parts
from downwind.jobs.update import Outcome, lists_in_use, update_lists
from tests.observe.tinydns import zone
from tests.observe.tinynet import RESOLVER, TinyInternet

WEB = "198.18.2.80"
HOSTS = (
    *("ip-ranges.amazonaws.com", "www.microsoft.com", "download.microsoft.com"),
    *("www.cloudflare.com", "api.fastly.com", "api.github.com", "www.gstatic.com"),
    *("docs.oracle.com", "mirror.test"),
)
AZURE_PATH = "/download/7/1/d/71d86715-5596-4529-9b13-da13a5de5b63/ServiceTags_Public_20261123.json"


def _aws(count: int, region: str = "us-east-1") -> bytes:
    rows = [
        {"ip_prefix": f"52.{n // 200}.{n % 200}.0/24", "region": region, "service": "EC2"}
        for n in range(0, 2 * count, 2)
    ]
    six = {"ipv6_prefix": "2600:1f00::/24", "region": "GLOBAL", "service": "CLOUDFRONT"}
    form = {"createDate": "2026-11-20-01-02-03", "prefixes": rows, "ipv6_prefixes": [six]}
    return json.dumps(form).encode()


SMALL: dict[str, bytes] = {
    "/ip-ranges.json": _aws(40),
    "/en-us/download/details.aspx?id=56519": (
        f'<a href="https://download.microsoft.com{AZURE_PATH}">Download</a>'.encode()
    ),
    AZURE_PATH: json.dumps(
        {
            "values": [
                {
                    "name": "AzureCloud.eastus",
                    "properties": {"region": "eastus", "addressPrefixes": ["20.42.0.0/17"]},
                },
                {
                    "name": "AzureFrontDoor.Frontend",
                    "properties": {"region": "", "addressPrefixes": ["13.107.246.0/24"]},
                },
                {
                    "name": "Sql.EastUS",
                    "properties": {"region": "eastus", "addressPrefixes": ["20.42.65.64/29"]},
                },
            ]
        }
    ).encode(),
    "/ips-v4": b"104.16.0.0/13\n172.64.0.0/13\n",
    "/ips-v6": b"2606:4700::/32",
    "/public-ip-list": json.dumps(
        {"addresses": ["151.101.0.0/16"], "ipv6_addresses": ["2a04:4e40::/32"]}
    ).encode(),
    "/meta": json.dumps({"pages": ["185.199.108.0/22"], "actions": ["4.148.0.0/16"]}).encode(),
    "/ipranges/goog.json": json.dumps({"prefixes": [{"ipv4Prefix": "8.8.8.0/24"}]}).encode(),
    "/ipranges/cloud.json": json.dumps(
        {
            "creationTime": "2026-11-22T00:00:00",
            "prefixes": [{"ipv4Prefix": "34.1.208.0/20", "scope": "africa-south1"}],
        }
    ).encode(),
    "/en-us/iaas/tools/public_ip_ranges.json": json.dumps(
        {"regions": [{"region": "us-ashburn-1", "cidrs": [{"cidr": "129.80.0.0/16"}]}]}
    ).encode(),
}


@dataclass
class Publishers:
    """All providers' sites at once, on one address, with what they publish now."""

    net: TinyInternet
    folder: Path
    pages: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        lines = [f"{host} A {WEB}" for host in HOSTS]
        await self.net.authority("198.18.0.1", zone(".", "@ NS ns.test", *lines, ttl=3600))
        await self.net.resolver()
        await self.net.web(WEB, self._serve, tls=self.net.certificate(*HOSTS))

    async def _serve(
        self, _: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        found = self.pages.get(path)
        status = self.statuses.get(path, "200 OK" if found is not None else "404 Not Found")
        body = found or b""
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    async def update(self, origin: str | None = None, **how: Any) -> dict[str, Outcome]:
        found = await update_lists(self.net.network(), self.folder, origin=origin, **how)
        return {each.list: each for each in found}


async def _published(
    tmp_path: Path, pages: Mapping[str, bytes] = SMALL, **statuses: str
) -> Publishers:
    publishers = Publishers(
        TinyInternet(tmp_path, speed=1.0), tmp_path / "lists", dict(pages), statuses
    )
    await publishers.open()
    return publishers


def _answer(known: Catalog, address: str) -> tuple[str, str | None, str | None, date | None]:
    (match,) = known.address(address)
    return match.provider, match.product, match.region, match.last_confirmed


# What the small lists have lost, against those that come along.
ALL = tuple(source.id for source in SOURCES)


async def test_each_list_is_fetched_from_its_provider_and_answers_from_then_on(
    tmp_path: Path,
) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        found = await publishers.update(accept=ALL)
        today = found["aws"].confirmed
    assert {each.state for each in found.values()} == {"updated"}, found
    assert (found["aws"].rows, found["aws"].regions) == (41, 1)
    known = Catalog.load(lists=publishers.folder)
    assert _answer(known, "52.0.2.9") == ("aws", "ec2", "us-east-1", today)
    assert _answer(known, "2600:1f00::1") == ("aws", "cloudfront", None, today)
    assert _answer(known, "20.42.1.1") == ("azure", None, "eastus", today)
    assert _answer(known, "13.107.246.1") == ("azure", "front-door", None, today)
    assert _answer(known, "34.1.208.1") == ("google-cloud", "compute", "africa-south1", today)
    assert _answer(known, "129.80.1.1") == ("oracle-cloud", None, "us-ashburn-1", today)
    assert _answer(known, "104.16.1.1") == ("cloudflare", None, None, today)
    assert _answer(known, "185.199.108.9")[:2] == ("github", "pages")


async def test_what_github_rents_for_its_actions_stays_azure_s(tmp_path: Path) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        await publishers.update(accept=ALL, only=["github"])
    matches = Catalog.load(lists=publishers.folder).address("4.148.1.1")
    assert "github" not in {match.provider for match in matches}


async def test_the_same_list_again_is_unchanged(tmp_path: Path) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        await publishers.update(accept=ALL)
        again = await publishers.update()
    assert {each.state for each in again.values()} == {"unchanged"}


async def test_without_a_word_half_of_the_packaged_table_is_not_given_up(tmp_path: Path) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        found = await publishers.update()
    assert found["aws"].state == "refused"
    assert "loses more than half of its IPv4" in found["aws"].reason
    assert not (publishers.folder / "aws.json").exists()


WRONG = (
    (_aws(19), "it loses more than half of its rows: 20 of 41 are left"),
    (_aws(500), "its rows grow more than tenfold: 41 before, 501 now"),
    (b'{"prefixes": [{"ip_prefix": "0.0.0.0/0"}]}', "it is not in its form"),
    (_aws(40).replace(b"52.0.0.0/24", b"0.0.0.0/0"), "0.0.0.0/0 is too wide"),
    (_aws(40).replace(b"2600:1f00::/24", b"::/0"), "::/0 is too wide"),
    (_aws(40).replace(b"52.0.0.0/24", b"10.1.0.0/24"), "10.1.0.0/24 is private or reserved"),
    (_aws(40).replace(b"52.0.0.0/24", b"100.0.0.0/8"), "100.0.0.0/8 is private or reserved"),
    (_aws(40).replace(b"52.0.0.0/24", b"52.0.0.7/24"), "has bits set behind its length"),
    (_aws(40).replace(b'"52.0.0.0/24"', b"7"), "'7' is no address block"),
    (b"<html>Sign in to the airport's network</html>", "it is no JSON"),
    (b"", "it is no JSON"),
    (b"[]", "it is JSON of another kind"),
    (b'{"prefixes": [], "ipv6_prefixes": []}', "it lists nothing"),
    (b"[" * 100_000, "it is no JSON"),
)


async def test_a_list_that_cannot_be_believed_is_refused_and_the_old_one_kept(
    tmp_path: Path,
) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        before = (await publishers.update(accept=ALL, only=["aws"]))["aws"]
        kept = (publishers.folder / "aws.json").read_bytes()
        for page, reason in WRONG:
            publishers.pages["/ip-ranges.json"] = page
            found = (await publishers.update(only=["aws"]))["aws"]
            assert (found.state, found.rows, found.confirmed) == ("refused", 41, before.confirmed)
            assert reason in found.reason
            assert (publishers.folder / "aws.json").read_bytes() == kept


async def test_many_blocks_that_cover_the_internet_together_are_refused(tmp_path: Path) -> None:
    rows = [f"{n}.0.0.0/8" for n in range(11, 40)]
    form = json.dumps({"addresses": rows, "ipv6_addresses": ["2a04:4e40::/32"]}).encode()
    publishers = await _published(tmp_path, {**SMALL, "/public-ip-list": form})
    async with publishers.net:
        found = (await publishers.update(accept=ALL, only=["fastly"]))["fastly"]
    assert (found.state, found.reason) == ("refused", "it claims 11% of all IPv4 addresses")


async def test_a_change_of_size_that_is_meant_is_taken_once_it_is_named(tmp_path: Path) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        await publishers.update(accept=ALL, only=["aws"])
        publishers.pages["/ip-ranges.json"] = _aws(5)
        assert (await publishers.update(only=["aws"]))["aws"].state == "refused"
        assert (await publishers.update(only=["aws"], accept=["aws"]))["aws"].state == "updated"


@pytest.mark.parametrize("status", ["500 Internal Server Error", "403 Forbidden", "404 Not Found"])
async def test_a_provider_that_does_not_answer_leaves_the_old_list_in_use(
    tmp_path: Path, status: str
) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        await publishers.update(accept=ALL, only=["cloudflare"])
        publishers.statuses["/ips-v6"] = status
        if status.startswith("404"):
            del publishers.pages["/ips-v6"]
        found = await publishers.update(only=["cloudflare"])
    assert found["cloudflare"].state == "unreachable"
    assert found["cloudflare"].rows == 3
    assert _answer(Catalog.load(lists=publishers.folder), "104.16.1.1")[0] == "cloudflare"


async def test_a_page_without_the_link_to_azure_s_list_is_no_list(tmp_path: Path) -> None:
    page = b'<a href="https://evil.example/ServiceTags_Public_20261123.json">Download</a>'
    pages = {**SMALL, "/en-us/download/details.aspx?id=56519": page}
    publishers = await _published(tmp_path, pages)
    async with publishers.net:
        found = (await publishers.update(accept=ALL, only=["azure"]))["azure"]
    assert found.state == "unreachable"
    assert "there is no link to the list" in found.reason


async def test_a_mirror_may_have_some_lists_only_and_pack_them(tmp_path: Path) -> None:
    pages = {"/lists/aws-ip-ranges.json.gz": gzip.compress(_aws(40))}
    publishers = await _published(tmp_path, pages)
    async with publishers.net:
        found = await publishers.update("https://mirror.test/lists/", accept=ALL)
    assert found["aws"].state == "updated"
    assert found["aws"].confirmed == date(2026, 11, 20)
    assert {each.state for each in found.values()} == {"updated", "absent"}


async def test_an_older_list_does_not_take_a_newer_one_s_place(tmp_path: Path) -> None:
    publishers = await _published(tmp_path)
    async with publishers.net:
        await publishers.update(accept=ALL, only=["aws"])
        folder = tmp_path / "older"
        folder.mkdir()
        (folder / "ip-ranges.json").write_bytes(_aws(41))
        found = (await publishers.update(str(folder), only=["aws"]))["aws"]
    assert found.state == "refused"
    assert found.reason.startswith("it is of 2026-11-20, and the one in use of")


async def test_a_packed_list_that_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    pages = {"/lists/public-ip-list.gz": gzip.compress(b" " * 20_000_000)}
    publishers = await _published(tmp_path, pages)
    async with publishers.net:
        found = (await publishers.update("https://mirror.test/lists", only=["fastly"]))["fastly"]
    assert found.state == "unreachable"
    assert "more than 16 MB" in found.reason


async def test_nobody_answers_and_every_list_says_so(tmp_path: Path) -> None:
    net = TinyInternet(tmp_path)
    async with net:
        network = replace(net.network(), resolvers=())
        found = await update_lists(network, tmp_path / "lists")
    assert {each.state for each in found} == {"unreachable"}
    assert all(each.reason for each in found)
    assert RESOLVER


def test_every_list_stands_in_for_tables_that_come_along() -> None:
    parts = package_parts()
    assert [source.id for source in SOURCES if packaged_size(parts, source) is None] == []


def test_what_is_in_use_is_told_without_asking_anybody(tmp_path: Path) -> None:
    assert {each.state for each in lists_in_use(tmp_path)} == {"packaged"}
    assert {each.list for each in lists_in_use(None)} == set(ALL)


async def test_the_real_lists_of_every_publisher_at_hand_are_believed(
    tmp_path: Path, shared: Path
) -> None:
    names = {
        "/ip-ranges.json": "aws-ip-ranges",
        "/public-ip-list": "fastly-ip-ranges",
        "/meta": "github-ip-ranges",
        "/ipranges/cloud.json": "google-cloud-ip-ranges",
        "/en-us/iaas/tools/public_ip_ranges.json": "oracle-cloud-ip-ranges",
        AZURE_PATH: "microsoft-azure-ip-ranges",
    }
    real = {
        path: gzip.decompress((shared / "data" / "providers" / f"{name}.json.gz").read_bytes())
        for path, name in names.items()
    }
    publishers = await _published(tmp_path, {**SMALL, **real})
    async with publishers.net:
        found = await publishers.update()
    small = {"cloudflare", "google"}
    assert {found[each].state for each in set(found) - small} == {"updated"}, found
    assert (found["aws"].rows, found["aws"].regions) == (16_828, 42)
    assert _answer(Catalog.load(lists=publishers.folder), "20.42.0.1")[:3] == (
        "azure",
        None,
        "eastus",
    )
