"""Refuses names that nobody can have, and options that would be passed over in silence."""

from collections.abc import Collection, Iterator

import typer


def refuse_names(names: list[str]) -> None:
    """Raises UsageError at the first that is no host name, address or URL of a page."""
    from downwind.observe.failures import HttpFailed
    from downwind.observe.urls import parse_url
    from downwind.terms import UsageError

    for name in names:
        try:
            host = parse_url(name if "://" in name else f"https://{name}/").host
        except HttpFailed as error:
            raise UsageError(f"{name!a:.80} cannot be mapped: {error.what}") from error
        # What DNS would write with an escape (RFC 1035, 5.1) is no name of a host.
        if "\\" in host:
            raise UsageError(
                f"{name!a:.80} is no host name.", todo="Give each name as a word of its own."
            )


def refuse_node(node: str) -> None:
    """Raises UsageError where --for names nothing, or a URL instead of a host."""
    from downwind.terms import UsageError

    if not node.strip():
        raise UsageError("--for names nothing.", todo="Name a host, a capability or any name.")
    if "://" in node:
        raise UsageError(
            f"--for takes no URL, and this is one: {node!a:.80}.", todo="Name its host."
        )


def refuse_with(option: str, context: typer.Context, *others: str) -> None:
    """Raises UsageError where the command line gives one of the `others`, too."""
    from downwind.terms import UsageError

    for other in _given(context, others):
        raise UsageError(f"{other} means nothing with {option}.", todo="Leave one of them out.")


def refuse_without_from(context: typer.Context, *others: str) -> None:
    """Raises UsageError where the command line gives an option that means nothing alone."""
    from downwind.terms import UsageError

    for other in _given(context, others):
        raise UsageError(f"{other} goes with --from.", todo="Say what to read from inside.")


def _given(context: typer.Context, options: Collection[str]) -> Iterator[str]:
    """Which of the options the command line gives, be it with their default."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.opts[0] in options and source is not None and source.name == "COMMANDLINE":
            yield parameter.opts[0]
