"""What orbit, imaging and world all stand on: the ellipsoid, a track, and the grid of an image.

- `earth`: `site` (a place on WGS 84 to a point and its local axes), `subsatellite_deg` (the way back).
- `grid`: `TileGrid`, how an image falls into tiles, and `tile_id`, what they are called.
- `look`: `look_angles`, where a station sees a satellite.
- `track`: `Track`, an ephemeris that answers at any time; `bracketed_roots`, many roots at a time.

>>> from payload.geometry.earth import site
>>> site(0.0, 0.0).position_km.round(3).tolist()
[6378.137, 0.0, 0.0]
"""
