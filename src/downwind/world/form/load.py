"""Reads world files, with errors that name the file, the place in it and what to do."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from downwind.model.load import read_yaml, say_validation
from downwind.terms import ModelError
from downwind.world.form.check import complaints, say_complaints
from downwind.world.form.ledger import ledger_complaints
from downwind.world.form.schema import Product, Provider, WorldFile

_PAGE = "docs/world-file.md"


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
        raise say_validation(error, where, "world", _PAGE) from error
    wrong = [*complaints(world), *ledger_complaints(world)]
    if wrong:
        raise say_complaints(wrong, "the world is not valid", where, _PAGE)
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
