"""Reads world files, with errors that name the file, the place in it and what to do."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from downwind.model.load import read_yaml, say_validation
from downwind.terms import ModelError
from downwind.world.form.check import complaints
from downwind.world.form.schema import Product, Provider, WorldFile

_MANUAL = "The form is in docs/world-file.md."
_MOST = 8


def load_world(file: Path) -> WorldFile:
    """Read a world file; raises ModelError."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"it is not UTF-8 text (byte {error.start}).", where=str(file)) from error
    except OSError as error:
        raise ModelError(
            f"it cannot be read: {error.strerror}.", where=str(file), todo="Name a world file."
        ) from error
    return world_from_text(text, str(file))


def world_from_text(text: str, where: str) -> WorldFile:
    """Read a world from YAML text; raises ModelError."""
    document = read_yaml(text, where)
    if not isinstance(document, dict):
        found = "empty" if document is None else f"a {type(document).__name__}"
        raise ModelError(
            f"a world is a mapping; this is {found}.", where=where, todo="Start it with `world:`."
        )
    try:
        world = WorldFile.model_validate(document)
    except ValidationError as error:
        said = say_validation(error, where, "world")
        raise ModelError(said.what, where=said.where, todo=_MANUAL) from error
    wrong = complaints(world)
    if wrong:
        lines = [f"{path}: {what}" for path, what in wrong[:_MOST]]
        if len(wrong) > _MOST:
            lines.append(f"and {len(wrong) - _MOST} more")
        raise ModelError(
            "the world is not valid: " + "; ".join(lines) + ".", where=where, todo=_MANUAL
        )
    return with_registry(world)


def with_registry(world: WorldFile) -> WorldFile:
    """The same world with the provider that runs the root and .test, where it has none."""
    names = world.registry
    if world.provider(names.provider):
        return world
    registry = Provider(
        id=names.provider,
        name="Registry",
        products=(
            Product(id=names.roots, system="nameserver", name="Root name servers"),
            Product(id=names.tld, system="nameserver", name="Name servers of .test"),
        ),
    )
    return world.model_copy(update={"providers": (*world.providers, registry)})
