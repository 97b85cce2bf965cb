"""Facts about the room world."""
