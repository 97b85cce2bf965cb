"""What several verbs ask for alike, and how it is read."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from downwind.catalog import Catalog
    from downwind.model import Model

STORE = Path(".downwind")

Store = Annotated[
    Path, typer.Option("--store", help="The folder in which evidence is kept.", metavar="DIR")
]
ModelFiles = Annotated[
    list[Path] | None,
    typer.Option("--model", help="A model file or a folder of them; may be repeated."),
]
Overlays = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A catalogue overlay: a file or a folder; may be repeated."),
]
AsOf = Annotated[
    str | None, typer.Option(help="Only what was declared as known by this day (YYYY-MM-DD).")
]
AsDatabaseFile = Annotated[
    Path | None,
    typer.Option(
        "--asdb",
        help="An AS database: MaxMind's .mmdb, or pyasn's prefix and number a line.",
        envvar="DOWNWIND_ASDB",
        metavar="FILE",
    ),
]
Contact = Annotated[
    str,
    typer.Option(
        help="Your page or mailbox, for those who are measured: it goes into the User-Agent.",
        envvar="DOWNWIND_CONTACT",
        metavar="URL|MAIL",
    ),
]
Unconfined = Annotated[
    bool, typer.Option(help="Map without walling the mapper off from the world's files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
GraphFile = Annotated[
    Path | None,
    typer.Option("--graph", help="An edge table: .parquet or .csv (docs/edge-table.md)."),
]
NodeFile = Annotated[
    Path | None,
    typer.Option("--nodes", help="The node table that goes with it: kinds, weights, rates."),
]


def read_catalog(
    overlays: list[Path] | None,
    as_of: date | None = None,
    *,
    asdb: Path | None = None,
    real: bool = True,
) -> "Catalog":
    """The catalogue with its overlays, as old as it is on the day, with the lists fetched since.

    Of an emulated internet (not `real`) it is as it was written: that one has its own calendar.
    """
    from downwind.catalog import Catalog
    from downwind.catalog.published import lists_folder

    if real:
        known = Catalog.load(overlays or [], today=as_of or date.today(), lists=lists_folder())
    else:
        known = Catalog.load(overlays or [])
    if asdb is None:
        return known
    from downwind.catalog.asdb import open_as_database

    return known.with_networks(open_as_database(asdb))


def read_model(files: list[Path] | None) -> "Model":
    """The model files, or an empty model."""
    from downwind.model import Model, load_model

    return load_model(files) if files else Model()


def seconds(text: str) -> float:
    """A duration such as 90s or 4h in seconds; raises UsageError."""
    from downwind.model import parse_duration
    from downwind.terms import UsageError

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def parse_day(text: str | None) -> date | None:
    """A day such as 2025-06-11; raises UsageError."""
    from downwind.terms import UsageError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day.", todo="Write it as 2025-06-11.") from error


def print_json(form: object) -> None:
    """The one JSON document that a verb prints."""
    json.dump(form, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")
