"""What providers run: name servers, edges, computers, databases, authorities; how each breaks."""
