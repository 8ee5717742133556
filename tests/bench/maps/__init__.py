"""A city's map by gridsvc, Folium and GeoPandas, measured in real Chromium."""
