"""The handbook's pictures, by chapter: see ``__main__``."""
