"""Opens the internet that a command is to measure: the real one, or a handed-out one."""

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from downwind.observe import Network
from downwind.observe.network import agent_of
from downwind.terms import UsageError


def open_network(handout: Path | None, allow_private: Sequence[str], contact: str = "") -> Network:
    """The network of a handout file, or the real one; raises UsageError.

    `contact` is told to whoever is measured.
    """
    if handout is not None:
        try:
            network = Network.from_handout(json.loads(handout.read_text(encoding="utf-8")))
            return replace(network, agent=agent_of(contact))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise UsageError(f"it is no handout: {error}.", where=str(handout)) from error
    try:
        allowed = tuple(ipaddress.ip_network(prefix) for prefix in allow_private)
    except ValueError as error:
        raise UsageError(f"{error}.", todo="Write a prefix such as 10.0.0.0/8.") from error
    return Network.real(allowed_private=allowed, contact=contact)
