"""The planning room: pure geometry from buildings and streets to cells, grids and their codes.

Frames in, frames out, all in one projected CRS in metres; no files, no database. Start reading
at ``plan.py``.
"""
