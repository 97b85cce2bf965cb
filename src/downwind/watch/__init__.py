"""The live loop: probe, hear, and say who is at fault."""

from downwind.watch.loop import Round, Watch, watch_rounds

__all__ = ["Round", "Watch", "watch_rounds"]
