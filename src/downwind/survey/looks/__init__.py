"""What is looked at: hosts, domains, zones and web servers, each with where it leads."""
