"""The `downwind` command: its verbs, and what becomes of errors."""

import os
import sys

import typer

from downwind import __version__
from downwind.show.cli.attributing import attribute_
from downwind.show.cli.cataloguing import catalog_app, update_
from downwind.show.cli.commands import compare_, map_, of, replay_
from downwind.show.cli.reporting import report_
from downwind.show.cli.solving import rank_, risk_
from downwind.show.cli.watching import vantage_, watch_
from downwind.terms import DownwindError

app = typer.Typer(
    name="downwind",
    help="Shows who falls when internet infrastructure falls.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 fine, 1 findings (something is down, or prediction and observation differ), "
        "2 usage, 3 could not measure well enough to say, 4 internal error."
    ),
)
app.command("map", short_help="What names stand on, with the evidence.")(map_)
app.command("of", short_help="Who falls if these causes fail.")(of)
app.command("rank", short_help="Which causes take down most.")(rank_)
app.command("watch", short_help="Who is down, whose fault it is, since when.")(watch_)
app.command("report", short_help="Who holds the web of a list of sites.")(report_)
app.command("risk", short_help="What can take a node down, and how likely.")(risk_)
app.command("compare", short_help="What two services share, and who falls with what.")(compare_)
app.command("replay", short_help="Break an emulated internet as history did.")(replay_)
app.command("attribute", short_help="Who was at fault, by probes that are stored.")(attribute_)
app.command("vantage", short_help="Probe from here, and report to a watch elsewhere.")(vantage_)
app.command("update", short_help="Fetch the prefix lists that providers publish.")(update_)
app.add_typer(catalog_app, name="catalog", short_help="Who is who, and how they are recognised.")


def _say_version(value: bool) -> None:
    if value:
        typer.echo(f"downwind {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: bool = typer.Option(
        False, "--version", callback=_say_version, is_eager=True, help="Show the version and end."
    ),
) -> None:
    """Shows who falls when internet infrastructure falls."""


def main() -> None:
    """Run the command; every error ends as one sentence and an exit code."""
    try:
        app(prog_name="downwind")
    except DownwindError as error:
        typer.echo(f"downwind: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe left (`downwind map x | head`): nothing to say, nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        typer.echo("downwind: interrupted.", err=True)
        sys.exit(130)
