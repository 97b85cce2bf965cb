"""Reads `terraform show -json` (and OpenTofu's): which resources there are, and where.

A state holds passwords and keys in plain text. So only the attributes of an allow-list are looked
at, each of them only where it is spelt as a region, a zone or a host name; nothing else is kept,
and no error quotes a value.
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.evidence.inside.names import clean_host
from downwind.evidence.inside.readings import Broken, Reading, Statement, first_few
from downwind.terms import CannotMeasure, UsageError

REGIONS = ("region", "location")
ZONES = ("availability_zone", "zone")
HOSTS = (
    "dns_name", "domain_name", "fqdn", "hostname", "aliases", "domain", "custom_domain",
    "bucket_domain_name", "bucket_regional_domain_name", "website_endpoint", "website_domain",
    "default_hostname", "default_site_hostname", "endpoint", "reader_endpoint",
    "configuration_endpoint", "address", "api_endpoint", "invoke_url", "live_url",
)  # fmt: skip
"""Attributes that say under which host name a resource answers."""
NAME_SERVERS = ("name_servers",)
ORIGINS = {"origin": "domain_name", "backend": "address", "alias": "name"}
"""Blocks whose attribute says from where a resource fetches what it answers."""
TARGETS = ("content", "value", "records")
"""Attributes of a DNS record of the type CNAME that say where it leads."""

_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+\Z")
_INDEX = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_PROVIDER = re.compile(r"(?:[\w.-]+/)?[\w-]+/[\w-]+\Z")
_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9 -]{1,39}\Z")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]+):")
_DEEPEST = 64


@dataclass(slots=True)
class _Resource:
    """One resource, all of its instances together."""

    type: str
    provider: str
    instances: int = 0
    regions: dict[str, None] = field(default_factory=dict)
    zones: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    name_servers: dict[str, None] = field(default_factory=dict)
    origins: dict[str, None] = field(default_factory=dict)
    depends_on: dict[str, None] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    """IP addresses where a host name was looked for. They are counted and not kept."""

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "provider": self.provider,
            "instances": self.instances,
            "regions": list(self.regions),
            "zones": list(self.zones),
            "hosts": list(self.hosts),
            "name_servers": list(self.name_servers),
            "origins": list(self.origins),
            "depends_on": list(self.depends_on),
        }


def read_terraform(data: bytes) -> Reading:
    """The resources of a state or a plan; instances of one resource are merged.

    Raises UsageError where it is no such JSON, CannotMeasure where it has no resources.
    """
    document = _document(data)
    values = document.get("values") or document.get("planned_values")
    root = values.get("root_module") if isinstance(values, dict) else None
    if not isinstance(root, dict):
        raise CannotMeasure("it has no resources.", todo="Apply it first, or show a plan.")
    regions = _configured_regions(document)
    resources: dict[str, _Resource] = {}
    broken: list[Broken] = []
    for place, entry in _entries(root):
        if isinstance(entry, dict) and entry.get("mode") == "data":
            continue
        why = _add(resources, entry, regions)
        if why:
            broken.append(Broken(place, why))
    if not resources:
        raise CannotMeasure("it has no resources.", todo="Apply it first, or show a plan.")
    statements = tuple(
        Statement("inside.resource", address, {"address": address, **found.to_json()})
        for address, found in sorted(resources.items())
    )
    form = "state" if "values" in document else "plan"
    addresses = set().union(*(found.addresses for found in resources.values()))
    facts = {"addresses": {"names": len(addresses)}}
    return Reading("terraform", form, statements, facts, len(broken), first_few(broken))


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except UnicodeDecodeError as error:
        raise UsageError(f"it is not UTF-8 text (byte {error.start}).") from error
    except RecursionError as error:
        raise UsageError("this is not valid JSON: it is nested too deeply.") from error
    except ValueError as error:
        raise UsageError(f"this is not valid JSON: {error}.") from error
    if isinstance(document, dict) and "lineage" in document and "format_version" not in document:
        raise UsageError(
            "this is a raw state file.", todo="Run terraform show -json, and read that."
        )
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, str):
        raise UsageError(
            "this is not what terraform show -json prints: it has no format_version.",
            todo="Run terraform show -json, and read that.",
        )
    if version.partition(".")[0] != "1":
        raise UsageError(
            f"its format_version is {version!r:.20}, and 1.x is what is known.",
            todo="Show it with Terraform 1.1 or later, or OpenTofu.",
        )
    assert isinstance(document, dict)
    return document


def _configured_regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Provider -> the one region that a plan's configuration gives it; several are none."""
    configuration = document.get("configuration")
    configs = configuration.get("provider_config") if isinstance(configuration, dict) else None
    found: dict[str, set[str]] = {}
    for config in configs.values() if isinstance(configs, dict) else ():
        if not isinstance(config, dict):
            continue
        expressions = config.get("expressions")
        region = expressions.get("region") if isinstance(expressions, dict) else None
        constant = region.get("constant_value") if isinstance(region, dict) else None
        place = _place(constant)
        if place and isinstance(config.get("full_name"), str):
            found.setdefault(config["full_name"], set()).add(place)
    return {name: places.pop() for name, places in found.items() if len(places) == 1}


def _entries(root: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every resource of the module and its child modules, with its number."""
    modules: list[tuple[object, int]] = [(root, 0)]
    number = 0
    while modules:
        module, depth = modules.pop()
        if not isinstance(module, dict):
            continue
        for entry in _listed(module.get("resources")):
            number += 1
            yield f"resource {number}", entry
        if depth < _DEEPEST:
            modules += [(child, depth + 1) for child in _listed(module.get("child_modules"))]


def _add(resources: dict[str, _Resource], entry: object, regions: Mapping[str, str]) -> str:
    """Add an instance; returns why it cannot be, or nothing."""
    if not isinstance(entry, dict):
        return "it is no mapping"
    address, type_, provider = (_text(entry.get(k)) for k in ("address", "type", "provider_name"))
    address = _INDEX.sub("", address)
    if not _ADDRESS.match(address) or not re.fullmatch(r"\w+", type_):
        return "its address or its type is none"
    if not _PROVIDER.match(provider):
        return "its provider_name is none"
    values = entry.get("values")
    found = resources.setdefault(address, _Resource(type_, provider))
    found.instances += 1
    _place_it(found, values if isinstance(values, dict) else {}, regions.get(provider))
    for other in _listed(entry.get("depends_on")):
        plain = _INDEX.sub("", _text(other))
        if _ADDRESS.match(plain) and plain != address:
            found.depends_on[plain] = None
    return ""


def _place_it(found: _Resource, values: Mapping[str, Any], configured: str | None) -> None:
    zones = [place for name in ZONES if (place := _place(values.get(name)))]
    regions = [place for name in REGIONS if (place := _place(values.get(name)))]
    arn = _ARN.match(_text(values.get("arn")))
    by_arn = [arn[1]] if arn else []
    by_configuration = [configured] if configured else []
    found.zones |= dict.fromkeys(zones)
    found.regions |= dict.fromkeys((regions or by_arn or ([] if zones else by_configuration))[:1])
    found.hosts |= dict.fromkeys(_hosts(values.get(name) for name in HOSTS))
    found.name_servers |= dict.fromkeys(_hosts(values.get(name) for name in NAME_SERVERS))
    blocks = [
        block.get(attribute)
        for name, attribute in ORIGINS.items()
        for block in _listed(values.get(name))
        if isinstance(block, dict)
    ]
    of_record = [values.get(name) for name in TARGETS]
    targets = of_record if values.get("type") == "CNAME" else []
    found.origins |= dict.fromkeys(_hosts([*blocks, *targets]))
    answers = of_record if values.get("type") in ("A", "AAAA") else []
    named = [values.get(name) for name in (*HOSTS, *NAME_SERVERS)]
    found.addresses |= set(_addresses([*named, *blocks, *answers]))


def _hosts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        for text in value if isinstance(value, list) else [value]:
            host = clean_host(_of_url(_text(text)))
            if host:
                yield host


def _addresses(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        for text in value if isinstance(value, list) else [value]:
            written = _text(text)
            try:
                yield str(ipaddress.ip_address(_of_url(written) if "." in written else written))
            except ValueError:
                continue


def _of_url(text: str) -> str:
    """The host of an endpoint, which may be written as a URL or with a port."""
    found = re.match(r"(?:[a-z]+://)?([^/:@?#\s]{1,253})(?::\d+)?(?:/|\Z)", text)
    return found[1] if found else ""


def _place(value: object) -> str | None:
    """A region or a zone as the catalogue spells it; Azure shows "West Europe" to people."""
    text = _text(value)
    return text.replace(" ", "").lower() if _PLACE.match(text) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 2048 else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
