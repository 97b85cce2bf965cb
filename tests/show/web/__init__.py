"""Tests of the watcher's face on HTTP."""
