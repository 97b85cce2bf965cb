"""Facts about the room questions."""
