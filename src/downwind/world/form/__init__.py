"""The files that people write: a world and its check, deal and owners, and its scenarios."""
