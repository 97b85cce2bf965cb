"""Reads Backstage's catalogue files: components, resources, systems and APIs, as owners wrote them.

Every scalar is read as text and no merge keys are followed, so that a file can neither be another
value than it shows nor grow by what it repeats. Free text (titles, descriptions) is not kept.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from downwind.evidence.hosts import host_of
from downwind.evidence.inside.names import clean_host
from downwind.evidence.inside.readings import Broken, Reading, Statement, first_few
from downwind.terms import CannotMeasure, ModelError

if TYPE_CHECKING:
    _Loader = yaml.BaseLoader
else:
    _Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

KINDS = ("component", "resource", "system", "api")
HOSTNAMES = "downwind.dev/hostnames"
"""The annotation with the host names under which an entity is reached."""
RELATIONS: Mapping[str, str] = {
    "dependsOn": "component",
    "dependencyOf": "component",
    "consumesApis": "api",
    "providesApis": "api",
    "subcomponentOf": "component",
    "system": "system",
}
"""Fields that name other entities, and the kind that is meant where the reference names none."""

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_REF = re.compile(rf"(?:(?P<kind>[A-Za-z]+):)?(?:(?P<space>{_PART})/)?(?P<name>{_PART})\Z")
_API_VERSION = re.compile(r"backstage\.io/v1(?:alpha|beta)\d+\Z")


def read_backstage(data: bytes) -> Reading:
    """The entities of one or several YAML documents.

    Raises ModelError where it is no YAML, CannotMeasure where it holds no entity that has needs.
    """
    statements: dict[str, Statement] = {}
    broken: list[Broken] = []
    others = 0
    for number, document in enumerate(_documents(data)):
        found = _entity(f"document {number + 1}", document, broken)
        if isinstance(found, Broken):
            broken.append(found)
        elif found is None:
            others += 1
        elif found.thing in statements:
            broken.append(Broken(f"document {number + 1}", f"{found.thing} is there twice"))
        else:
            statements[found.thing] = found
    if not statements:
        raise CannotMeasure(
            "it holds no component, resource, system or API.",
            todo="Name a catalog-info.yaml with entities of backstage.io.",
        )
    return Reading(
        "backstage",
        "entities",
        tuple(statements[thing] for thing in sorted(statements)),
        {"other_entities": others},
        len(broken),
        first_few(broken),
    )


def _documents(data: bytes) -> Iterator[Any]:
    try:
        text = data.decode("utf-8-sig")
        yield from (each for each in yaml.load_all(text, Loader=_Loader) if each)
    except UnicodeDecodeError as error:
        raise ModelError(f"it is not UTF-8 text (byte {error.start}).") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ModelError(f"this is not valid YAML: {error.problem}{place}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ModelError("this is not valid YAML.") from error


def _entity(place: str, document: Any, broken: list[Broken]) -> Statement | Broken | None:
    """The entity; None for one of a kind that has no needs, such as a group."""
    if not isinstance(document, dict):
        return Broken(place, "it is no mapping")
    version, kind = document.get("apiVersion"), document.get("kind")
    if not isinstance(version, str) or not _API_VERSION.match(version):
        return Broken(place, "its apiVersion is not one of backstage.io")
    if not isinstance(kind, str) or kind.lower() not in KINDS:
        return None
    metadata, spec = (_mapping(document.get(key)) for key in ("metadata", "spec"))
    name, space = metadata.get("name"), metadata.get("namespace") or "default"
    named = isinstance(name, str) and isinstance(space, str)
    ref = parse_ref(f"{kind}:{space}/{name}", kind, "default") if named else None
    if ref is None:
        return Broken(place, "its name or its namespace is none")
    relations = {
        name: list(_refs(f"{place}, {name}", spec.get(name), default, ref, broken))
        for name, default in RELATIONS.items()
    }
    value = {
        "ref": ref,
        "kind": kind.lower(),
        "type": _word(spec.get("type")),
        "relations": {name: refs for name, refs in relations.items() if refs},
        "hosts": list(dict.fromkeys(_hostnames(metadata))),
        "links": list(dict.fromkeys(_linked(metadata))),
    }
    return Statement("inside.entity", ref, value)


def parse_ref(text: str, kind: str, space: str) -> str | None:
    """A reference in full and small letters, as `component:default/shop`; None where it is none."""
    found = _REF.match(text.strip())
    if found is None:
        return None
    whole = f"{found['kind'] or kind}:{found['space'] or space}/{found['name']}"
    return whole.lower()


def _refs(place: str, value: object, kind: str, of: str, broken: list[Broken]) -> Iterator[str]:
    space = of.partition(":")[2].partition("/")[0]
    for text in value if isinstance(value, list) else [value] if value else []:
        ref = parse_ref(text, kind, space) if isinstance(text, str) else None
        if ref is None or ref.partition(":")[0] not in KINDS:
            broken.append(Broken(place, "it names no component, resource, system or API"))
        elif ref != of:
            yield ref


def _hostnames(metadata: Mapping[str, Any]) -> Iterator[str]:
    listed = _mapping(metadata.get("annotations")).get(HOSTNAMES)
    for text in re.split(r"[\s,]+", listed) if isinstance(listed, str) else ():
        if host := clean_host(text):
            yield host


def _linked(metadata: Mapping[str, Any]) -> Iterator[str]:
    links = metadata.get("links")
    for link in links if isinstance(links, list) else ():
        url = _mapping(link).get("url")
        if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")):
            continue
        if host := clean_host(host_of(url)):
            yield host


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w .-]{1,63}", value) else ""
