"""Money and points that are given out: double entry, always in balance."""
