"""Renders results for people and programs, and decides nothing."""
