"""Questions put to the graph; each returns a frozen result and reaches no network."""
