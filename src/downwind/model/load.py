"""Reads model files: YAML, one or a folder, with errors that name the file and the place."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from downwind.model.types import Model
from downwind.terms import ModelError

# Upper case is the environment's; lower case is a journey's own variable.
_ENVIRONMENT = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")

_FAULTS_TOLD = 8

_BOOL, _INT = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int"
# YAML 1.2.2, 10.3.2: the core schema.
_CORE_PATTERNS = {
    _BOOL: re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    _INT: re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"),
}


# The loader over libyaml is some ten times faster, and is not in every build of PyYAML.
if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """The safe loader, which refuses a key that is there twice.

    Words and numbers are read as YAML 1.2 does: `on` and `no` are words, 11:20 is no number.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_whole(self, node: yaml.ScalarNode) -> int:
        """YAML 1.2.2, 10.3.2: 010 is ten; PyYAML reads it as YAML 1.1 did, as eight."""
        text = self.construct_scalar(node)
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)


_Loader.add_constructor(_INT, _Loader.construct_whole)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _CORE_PATTERNS.get(tag, pattern)) for tag, pattern in resolvers]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_model(paths: Sequence[Path], environment: Mapping[str, str] = os.environ) -> Model:
    """Read files and folders of files as one model; raises ModelError."""
    files = [file for path in paths for file in _files(path)]
    return model_from_texts([(str(file), _read(file)) for file in files], environment)


def model_from_texts(
    texts: Iterable[tuple[str, str]], environment: Mapping[str, str] = os.environ
) -> Model:
    """Read (where, YAML text) pairs as one model; raises ModelError."""
    merged: dict[str, Any] = {"services": [], "components": []}
    places: list[str] = []
    for where, text in texts:
        places.append(where)
        document = read_yaml(text, where, environment)
        part = _validated(document, where)
        merged["services"].extend(part.services)
        merged["components"].extend(part.components)
        if part.watch is not None:
            if "watch" in merged:
                raise ModelError("`watch:` is in two files.", where=where, todo="Keep one.")
            merged["watch"] = part.watch
    return _validated(merged, ", ".join(places) or "model")


def read_yaml(text: str, where: str, environment: Mapping[str, str] | None = None) -> Any:
    """Parse YAML safely; with an environment, `${NAME}` in it is replaced."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise ModelError(
            f"this is not valid YAML: {error.problem}.",
            where=_place(where, error.problem_mark or error.context_mark),
            todo="Mend the line and try again.",
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: of no such day
        raise ModelError(f"this is not valid YAML: {error}.", where=where) from error
    if environment is None:
        return document
    try:
        return _replaced(document, where, environment)
    except RecursionError as error:
        raise ModelError("a part of it holds itself, by an alias.", where=where) from error


def say_validation(
    error: ValidationError, where: str, kind: str = "model", page: str = "docs/model-file.md"
) -> ModelError:
    """One readable ModelError out of pydantic's list; `page` explains this kind of file.

    The same fault in many services is told once, with their number.
    """
    faults: dict[tuple[str, str], list[str]] = {}
    items: Sequence[Mapping[str, Any]] = [*error.errors(include_url=False)]
    for item in items:
        if _follows(item, items):
            continue
        message = _words(item)
        kind_of_place = ".".join("*" if isinstance(p, int) else str(p) for p in item["loc"])
        place = ".".join(map(str, item["loc"])) or "the file"
        faults.setdefault((kind_of_place, message), []).append(place)
    lines = [
        f"{places[0]}: {message}" + (f" (and {len(places) - 1} more so)" if places[1:] else "")
        for (_, message), places in islice(faults.items(), _FAULTS_TOLD)
    ]
    if len(faults) > _FAULTS_TOLD:
        lines.append(f"and {len(faults) - _FAULTS_TOLD} others")
    end = "" if lines[-1].endswith(("?", ".")) else "."
    return ModelError(
        f"the {kind} is not valid: {'; '.join(lines)}{end}",
        where=where,
        todo=f"The form is in {page}.",
    )


def _words(item: Mapping[str, Any]) -> str:
    """What is wrong, in the words of the one who wrote the file."""
    if item["type"] == "extra_forbidden":
        return "nobody knows this key; is it a typo?"
    if item["type"] == "missing":
        return "this is missing"
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == r"^https?://":
        return "it begins with neither https:// nor http://"
    if item["type"] == "string_type" and isinstance(item["input"], int | float):
        return "this is a number, and a text is wanted: put it into quotes"
    return str(item["msg"]).removeprefix("Value error, ")


def _follows(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """True where a list is called too short only since what is in it was refused."""
    loc = item["loc"]
    beneath = (other["loc"] != loc and other["loc"][: len(loc)] == loc for other in items)
    return item["type"] == "too_short" and any(beneath)


def _validated(document: Any, where: str) -> Model:
    if document is None:
        raise ModelError("the file is empty.", where=where, todo="Write `services:` in it.")
    if not isinstance(document, dict):
        raise ModelError(
            f"a model is a mapping, not a {type(document).__name__}.",
            where=where,
            todo="Start it with `services:`.",
        )
    try:
        return Model.model_validate(document)
    except ValidationError as error:
        of_watch = all(each["loc"][:1] == ("watch",) for each in error.errors())
        page = "docs/watch-file.md" if of_watch else "docs/model-file.md"
        raise say_validation(error, where, page=page) from error


def _replaced(value: Any, where: str, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, where, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, where, environment) for item in value]
    if not isinstance(value, str):
        return value

    def look_up(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in environment:
            raise ModelError(
                f"${{{name}}} is not set in the environment.", where=where, todo=f"Set {name}."
            )
        return environment[name]

    return _ENVIRONMENT.sub(look_up, value)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")])
    if not files:
        raise ModelError("the folder holds no .yaml file.", where=str(path))
    return files


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"it is not UTF-8 text (byte {error.start}).", where=str(file)) from error
    except OSError as error:
        raise ModelError(f"it cannot be read: {error.strerror}.", where=str(file)) from error


def _place(where: str, mark: yaml.Mark | None) -> str:
    return f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
