"""Who takes an event: nearest eligible person, chosen and locked in one transaction."""
