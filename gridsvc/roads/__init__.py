"""How long the way takes: road graphs, closures, and times by foot, e-bike and car."""
