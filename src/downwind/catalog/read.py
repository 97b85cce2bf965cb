"""Reads catalogue files: YAML to checked forms, with errors that name the file and the place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from downwind.catalog import compiled
from downwind.catalog.schema import KINDS, GeneralFile, ProviderFile
from downwind.terms import CatalogError

# The loader over libyaml is some ten times faster, and is not in every build of PyYAML.
if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MAX_BYTES = 16_000_000
_SAID_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One provider as one document writes it, and where that is."""

    where: str
    form: ProviderFile
    nearer: bool = False
    """True for an overlay: where it says otherwise than what comes along, it is right."""
    yields: bool = False
    """True for a list that a provider publishes: of a block that a file names, the file is right.

    It knows that an address is Amazon's, and the file that Amazon lent it to Netlify.
    """


class _Loader(_Base):
    """The safe loader, which also refuses a key that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice!r} is there twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def package_parts() -> tuple[Part, ...]:
    """The providers that come with Downwind; each id may be there once only."""
    folder = resources.files("downwind.catalog") / "providers"
    files = sorted(
        (f"providers/{file.name}", file.read_bytes())
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    )
    key = compiled.key_of(files)
    if (kept := compiled.load(key)) is not None:
        return tuple(Part(each.where, each.form) for each in kept)
    parts = [part for name, raw in files for part in parts_of(raw.decode("utf-8"), name)]
    refuse_twice(parts)
    compiled.keep(key, [compiled.StoredPart(where=p.where, form=p.form) for p in parts])
    return tuple(parts)


def package_signatures() -> GeneralFile:
    """The error signatures that speak of a layer and of no provider."""
    file = resources.files("downwind.catalog") / "general.yaml"
    return general_of(file.read_text(encoding="utf-8"), file.name)


def general_of(text: str, where: str) -> GeneralFile:
    """Signatures without a provider; raises CatalogError."""
    try:
        return GeneralFile.model_validate(_parse(text, where)[0])
    except ValidationError as error:
        raise _say(error, where) from error


def file_parts(paths: Sequence[Path]) -> tuple[Part, ...]:
    """The providers of files and folders of files; raises CatalogError."""
    return tuple(
        part
        for path in paths
        for file in _files(path)
        for part in parts_of(_text(file), str(file), nearer=True)
    )


def parts_of(text: str, where: str, *, nearer: bool = False) -> tuple[Part, ...]:
    """The providers of one text: one, a list of them, or several documents."""
    parts = [
        Part(place, _provider(form, place), nearer)
        for form, place in _forms(_parse(text, where), where)
    ]
    if not parts:
        raise CatalogError("the file is empty.", where=where, todo="Write `id: ...` in it.")
    refuse_twice(parts)
    return tuple(parts)


def refuse_twice(parts: Sequence[Part]) -> None:
    """Refuse a provider that is there twice, where each may be there once only."""
    seen: dict[str, str] = {}
    for part in parts:
        if part.form.id in seen:
            raise CatalogError(
                f"the provider {part.form.id!r} is already in {seen[part.form.id]}.",
                where=part.where,
                todo="Make one of the two, or give one another id.",
            )
        seen[part.form.id] = part.where


def _forms(documents: Sequence[Any], where: str) -> Iterator[tuple[Any, str]]:
    for number, document in enumerate(documents):
        place = where if len(documents) == 1 else f"{where} (document {number + 1})"
        if isinstance(document, list):
            for index, form in enumerate(document):
                yield form, f"{place}[{index}]"
        else:
            yield document, place


def _provider(form: Any, where: str) -> ProviderFile:
    if not isinstance(form, dict):
        raise CatalogError(
            f"a provider is a mapping, not {'nothing' if form is None else type(form).__name__}.",
            where=where,
            todo="Start it with `id: ...`.",
        )
    try:
        return ProviderFile.model_validate(form)
    except ValidationError as error:
        raise _say(error, where) from error


def _parse(text: str, where: str) -> list[Any]:
    if len(text) > _MAX_BYTES:
        raise CatalogError(
            f"it holds more than {_MAX_BYTES // 1_000_000} MB.",
            where=where,
            todo="Aggregate its prefixes.",
        )
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise CatalogError(
            f"this is not valid YAML: {error.problem}.",
            where=f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where,
            todo="Mend the line and try again.",
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise CatalogError(f"this is not valid YAML: {error}.", where=where) from error
    # A document of nothing is what a trailing `---` leaves.
    return [document for document in documents if document is not None]


def _say(error: ValidationError, where: str) -> CatalogError:
    found = error.errors(include_url=False, include_context=False)
    lines = [f"{_path(item['loc'])}: {_message(item)}" for item in found[:_SAID_AT_MOST]]
    if len(found) > _SAID_AT_MOST:
        lines.append(f"and {len(found) - _SAID_AT_MOST} more")
    return CatalogError(
        "; ".join(lines) + ".", where=where, todo="docs/catalogue.md has the form of the file."
    )


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for index, step in enumerate(location):
        if isinstance(step, int):
            path += f"[{step}]"
        elif not (step in KINDS and index and isinstance(location[index - 1], int)):
            path += f".{step}" if path else step
    return path or "the file"


def _message(item: Any) -> str:
    kind, given = item["type"], item.get("input")
    if kind == "extra_forbidden":
        return "nobody knows this key; is it a typo?"
    if kind == "missing":
        return "it is missing"
    if kind == "union_tag_invalid":
        return f"{given.get('kind')!r} is no kind of fact; the kinds are {', '.join(KINDS)}"
    if kind == "union_tag_not_found":
        return f"write its kind, one of {', '.join(KINDS)}"
    if kind.startswith("date_"):
        return f"{given!r} is no date; write it as in 2026-08-22, without quotes"
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{message}, not {given!r}" if kind.endswith("_type") else message


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")])
    if not files:
        raise CatalogError("the folder holds no .yaml file.", where=str(path))
    return files


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"it is not UTF-8 text (byte {error.start}).", where=str(file), todo="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise CatalogError(f"it cannot be read: {error.strerror}.", where=str(file)) from error
