"""Tests of attribution over arrays."""
