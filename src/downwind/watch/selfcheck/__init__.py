"""Self-check: what the watcher itself needs, and what it could not tell because it would fall."""

from downwind.watch.selfcheck.falls import Fall, Falls
from downwind.watch.selfcheck.findings import (
    BlindSpot,
    Independence,
    Routes,
    SharedRoutes,
    alert_routes,
    blind_spots,
    independence,
)
from downwind.watch.selfcheck.needs import AlertRoute, WatcherNeeds, with_watcher

__all__ = [
    "AlertRoute",
    "BlindSpot",
    "Fall",
    "Falls",
    "Independence",
    "Routes",
    "SharedRoutes",
    "WatcherNeeds",
    "alert_routes",
    "blind_spots",
    "independence",
    "with_watcher",
]
