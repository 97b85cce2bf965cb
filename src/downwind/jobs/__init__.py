"""Puts the rooms together: map, of, replay. Each job fits about one screen."""
