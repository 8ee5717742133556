"""Maps for the briefing: coverage drawn on compact Folium layers, one self-contained file."""
