"""Events: intake, states and their history, from a report to verified closure."""
