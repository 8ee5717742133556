"""The dispatcher's pages under more than they will meet: see ``__main__``."""
