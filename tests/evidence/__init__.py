"""Facts about the room evidence."""
