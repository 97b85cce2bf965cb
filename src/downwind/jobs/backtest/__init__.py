"""Stored probes replayed through detection and attribution, and held against what is known."""

from downwind.jobs.backtest.load import Imported, import_history, read_history
from downwind.jobs.backtest.run import Backtest, backtest, replay_store
from downwind.jobs.backtest.score import Report
from downwind.jobs.backtest.timeline import Timeline, Trouble

__all__ = [
    "Backtest",
    "Imported",
    "Report",
    "Timeline",
    "Trouble",
    "backtest",
    "import_history",
    "read_history",
    "replay_store",
]
