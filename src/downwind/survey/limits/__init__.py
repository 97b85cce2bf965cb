"""How much may be asked of everybody and of each."""
