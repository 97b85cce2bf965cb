"""Many questions at a time to resolvers and name servers, in a wire format of its own."""
