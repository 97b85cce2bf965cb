"""The live loop: map, probe, detect, attribute, keep, tell; and over again."""

from downwind.jobs.watching.hub import LiveHub
from downwind.jobs.watching.options import WatchOptions
from downwind.jobs.watching.start import watching
from downwind.jobs.watching.watcher import Watcher

__all__ = ["LiveHub", "WatchOptions", "Watcher", "watching"]
