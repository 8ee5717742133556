"""Grid workers, micro-grid liaisons and enforcement officers: powers, duty, posts, positions."""
