"""Doors for other people's files: layers GDAL reads, OpenStreetMap, and file-to-file planning."""
