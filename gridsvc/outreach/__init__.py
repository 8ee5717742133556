"""Who goes to people before they report: visits to households, and what comes of them."""
