"""Tianditu (天地图) below a map, for installations that have a key of theirs and a network."""

from __future__ import annotations

import folium

#: Where its tiles come from; the only place a page with a key may ask.
HOSTS = "https://*.tianditu.gov.cn"
#: Cells let so much of it through.
OPACITY = 0.6
_URL = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
_LAYERS = {"vec": "天地图", "cva": "天地图注记"}


def tiles(key: str) -> list[folium.TileLayer]:
    """Its map and its names, as layers in the switch.

    Parameters
    ----------
    key
        Key of the browser kind, letters and digits; whoever gets the page can read it.
    """
    return [
        folium.TileLayer(
            tiles=_URL.format(layer=layer, key=key),
            attr="天地图（国家地理信息公共服务平台）",
            name=name,
            overlay=True,
            subdomains="01234567",
            max_zoom=20,
            max_native_zoom=18,
        )
        for layer, name in _LAYERS.items()
    ]
