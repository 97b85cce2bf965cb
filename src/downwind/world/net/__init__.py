"""The net itself: addresses, names, resolvers, sockets, the clock; it knows no provider's ways."""
