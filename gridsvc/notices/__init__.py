"""Notices: who is told of what, over which channel, once."""
