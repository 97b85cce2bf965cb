"""Facts about vantages: agents, the inbox of the hub, and their quorum."""
