"""Facts about what the watcher says of itself."""
