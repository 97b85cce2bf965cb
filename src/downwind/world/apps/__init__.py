"""The applications that run on a world's computers, each a factory by the kind that names it."""

from collections.abc import Mapping
from types import MappingProxyType

from downwind.world.apps.messenger import messenger
from downwind.world.apps.social import social
from downwind.world.apps.website import website
from downwind.world.net.platform import App

APPS: Mapping[str, App] = MappingProxyType(
    {"social": social, "messenger": messenger, "website": website}
)

__all__ = ["APPS"]
