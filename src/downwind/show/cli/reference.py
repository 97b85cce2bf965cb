"""Writes docs/cli.md from the commands themselves, so that it cannot drift."""

import click
import typer

from downwind.show.cli.main import app

_HEAD = """# Command reference

Made from the code by `./run docs`; a test says that it is up to date.

"""


def render() -> str:
    """The text of docs/cli.md."""
    root = typer.main.get_command(app)
    assert isinstance(root, click.Group)
    parts = [_HEAD, _help(root, "downwind", None)]
    context = click.Context(root, info_name="downwind")
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        if command is not None:
            parts.append(f"\n## downwind {name}\n\n" + _help(command, name, context))
    return "".join(parts)


def _help(command: click.Command, name: str, parent: click.Context | None) -> str:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100)
    context.terminal_width = 100
    lines = command.get_help(context).splitlines()
    return "```text\n" + "\n".join(line.rstrip() for line in lines) + "\n```\n"
