"""How strangers' machines are treated: the limits, and the pacing that keeps them."""
