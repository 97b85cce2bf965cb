"""Reads published lists, each in its own form, to rows of block, region and product."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from downwind.catalog.blocks import Block, read_block

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
# What is not among them is the provider's all the same: the region says more than the service.
_AWS = {
    "CLOUDFRONT": "cloudfront",
    "GLOBALACCELERATOR": "global-accelerator",
    "ROUTE53": "route53",
    "API_GATEWAY": "api-gateway",
    "DYNAMODB": "dynamodb",
    "S3": "s3",
    "EC2": "ec2",
}
_AZURE = {
    "AzureFrontDoor.Frontend": "front-door",
    "AzureFrontDoor.FirstParty": "front-door",
    "AzureFrontDoor.MicrosoftSecurity": "front-door",
    "AzureTrafficManager": "traffic-manager",
}
_AZURE_REGIONAL = {"AzureCloud": None, "Storage": "storage", "AppService": "app-service"}
# GitHub also lists the machines that it rents for Actions and Codespaces: those are Azure's.
_GITHUB = {"pages": "pages", "web": "web", "api": "web", "git": "web", "hooks": "web"} | {
    "packages": "packages"
}


class NotItsFormat(ValueError):
    """What came is not the list that was asked for."""


class Row(NamedTuple):
    """A block of a list, and whose it is at the finest grain that the list says."""

    block: Block
    region: str | None
    product: str | None


class Listed(NamedTuple):
    """What a list says."""

    rows: Sequence[Row]
    published: date | None
    """The day that the list itself carries."""


def read_rows(form: str, texts: Sequence[bytes]) -> Listed:
    """The rows of a list; raises NotItsFormat, which names the first row that is wrong.

    A block that is no block, far too wide, private or reserved is wrong: the whole list is.
    """
    read = _READERS[form]
    try:
        rows, published = read(texts)
        found = [Row(_public(prefix), _region(region), product) for prefix, region, product in rows]
    except (KeyError, TypeError, AttributeError) as error:
        raise NotItsFormat(f"it is not in its form: {type(error).__name__} {error}") from error
    if not found:
        raise NotItsFormat("it lists nothing")
    return Listed(found, published)


_Raw = tuple[str, str | None, str | None]
_Read = tuple[Iterator[_Raw], date | None]


def _public(text: str) -> Block:
    if not isinstance(text, str):
        raise NotItsFormat(f"{str(text)[:60]!r} is no address block")
    try:
        block = read_block(text.strip())
    except ValueError as error:
        raise NotItsFormat(str(error)[:200]) from error
    if not block.public:
        raise NotItsFormat(f"{text} is private or reserved, and nobody's on the internet")
    return block


def _region(text: str | None) -> str | None:
    return text if text and _ID.fullmatch(text) else None


def _parsed(raw: bytes) -> Mapping[str, Any]:
    try:
        form = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotItsFormat(f"it is no JSON: {str(error)[:100]}") from error
    if not isinstance(form, dict):
        raise NotItsFormat("it is JSON of another kind")
    return form


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _aws(texts: Sequence[bytes]) -> _Read:
    form = _parsed(texts[0])
    keys = (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix"))
    rows = (
        (each[key], _unless(each["region"], "GLOBAL"), _AWS.get(each["service"]))
        for listed, key in keys
        for each in form[listed]
    )
    return rows, _day(form.get("createDate"))


def _azure(texts: Sequence[bytes]) -> _Read:
    def rows() -> Iterator[_Raw]:
        for tag in _parsed(texts[0])["values"]:
            service, _, region = tag["name"].partition(".")
            product = _AZURE.get(tag["name"]) or _AZURE_REGIONAL.get(service)
            if tag["name"] not in _AZURE and not (service in _AZURE_REGIONAL and region):
                continue
            place = None if tag["name"] in _AZURE else (tag["properties"]["region"] or region)
            for prefix in tag["properties"]["addressPrefixes"]:
                yield prefix, place and place.lower(), product

    return rows(), None


def _google(texts: Sequence[bytes]) -> _Read:
    form = _parsed(texts[0])
    rows = (
        (each.get("ipv4Prefix") or each["ipv6Prefix"], _unless(each.get("scope"), "global"), None)
        for each in form["prefixes"]
    )
    return rows, _day(form.get("creationTime"))


def _google_cloud(texts: Sequence[bytes]) -> _Read:
    rows, published = _google(texts)
    return ((prefix, region, "compute") for prefix, region, _ in rows), published


def _oracle(texts: Sequence[bytes]) -> _Read:
    form = _parsed(texts[0])
    rows = (
        (each["cidr"], region["region"], None)
        for region in form["regions"]
        for each in region["cidrs"]
    )
    return rows, _day(form.get("last_updated_timestamp"))


def _fastly(texts: Sequence[bytes]) -> _Read:
    form = _parsed(texts[0])
    both = (*form["addresses"], *form["ipv6_addresses"])
    return ((prefix, None, "cdn") for prefix in both), None


def _github(texts: Sequence[bytes]) -> _Read:
    form = _parsed(texts[0])
    rows = (
        (prefix, None, product) for key, product in _GITHUB.items() for prefix in form.get(key, ())
    )
    return rows, None


def _lines(texts: Sequence[bytes]) -> _Read:
    def rows() -> Iterator[_Raw]:
        for raw in texts:
            try:
                words = raw.decode("ascii").split()
            except UnicodeDecodeError as error:
                raise NotItsFormat("it is no plain list of prefixes") from error
            if not words:
                raise NotItsFormat("one of its halves is empty")
            yield from ((word, None, None) for word in words)

    return rows(), None


def _unless(text: str | None, nowhere: str) -> str | None:
    return None if text == nowhere else text


_READERS: Mapping[str, Callable[[Sequence[bytes]], _Read]] = MappingProxyType(
    {
        "aws": _aws,
        "azure": _azure,
        "google": _google,
        "google-cloud": _google_cloud,
        "oracle": _oracle,
        "fastly": _fastly,
        "github": _github,
        "lines": _lines,
    }
)
