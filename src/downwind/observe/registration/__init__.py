"""Who registered a name for its owner, and until when: RDAP, asked only where a user wants it."""
