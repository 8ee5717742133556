"""Grid management for communities: plan grids, assign events, map coverage."""

__version__ = "0.1.0"
