"""The applications that run on a world's computers, each a factory by the kind that names it."""

from collections.abc import Mapping
from types import MappingProxyType

from downwind.world.apps.battery import battery, schedule
from downwind.world.apps.car import car, fleet
from downwind.world.apps.challenge import challenge
from downwind.world.apps.console import console
from downwind.world.apps.messenger import messenger
from downwind.world.apps.relay import relay
from downwind.world.apps.social import social
from downwind.world.apps.statuspage import statuspage
from downwind.world.apps.tracker import tracker
from downwind.world.apps.website import website
from downwind.world.apps.workshop import workshop
from downwind.world.net.platform import App

APPS: Mapping[str, App] = MappingProxyType(
    {
        "battery": battery,
        "car": car,
        "challenge": challenge,
        "console": console,
        "fleet": fleet,
        "messenger": messenger,
        "relay": relay,
        "schedule": schedule,
        "social": social,
        "statuspage": statuspage,
        "tracker": tracker,
        "website": website,
        "workshop": workshop,
    }
)

__all__ = ["APPS"]
