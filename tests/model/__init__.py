"""Facts about the room model."""
