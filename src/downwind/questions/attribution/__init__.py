"""Who is at fault now: hypotheses of up to three faults, weighed over sparse arrays."""
