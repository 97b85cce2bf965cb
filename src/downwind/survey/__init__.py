"""Maps long lists of names: shared work is done once, limits are kept, a killed run goes on."""
