"""Writes docs/cli.md from the commands themselves, so that it cannot drift."""

from typer.testing import CliRunner

from downwind.show.cli.main import app

_HEAD = """# Command reference

Made from the code by `./run docs`; a test says that it is up to date.

"""
_WIDTH = 100


def render() -> str:
    """The text of docs/cli.md."""
    parts = [_HEAD, _help()]
    for command in app.registered_commands:
        parts.append(_section(str(command.name)))
    for group in app.registered_groups:
        parts.append(_section(str(group.name)))
        within = group.typer_instance.registered_commands if group.typer_instance else []
        parts += [_section(str(group.name), str(command.name)) for command in within]
    return "".join(parts)


def _section(*words: str) -> str:
    return f"\n## downwind {' '.join(words)}\n\n{_help(*words)}"


def _help(*words: str) -> str:
    """What `downwind ... --help` prints, whatever the terminal."""
    result = CliRunner().invoke(
        app, [*words, "--help"], prog_name="downwind", terminal_width=_WIDTH, color=False
    )
    lines = result.output.strip().splitlines()
    return "```text\n" + "\n".join(line.rstrip() for line in lines) + "\n```\n"
