"""Mail: what to ask of a domain that takes or sends it, and the drivers that ask."""
