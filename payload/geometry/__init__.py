"""What orbit, imaging and world have in common: the ellipsoid, a track, and the grid of an image.

- `earth`: `site` (a place on WGS 84 to a point and its local axes), `subsatellite_deg` (the inverse).
- `grid`: `TileGrid`, how an image is divided into tiles, and `tile_id`, their names.
- `look`: `look_angles`, where a station sees a satellite.
- `track`: `Track`, an ephemeris interpolated to any time; `bracketed_roots`, many roots at a time.

>>> from payload.geometry.earth import site
>>> site(0.0, 0.0).position_km.round(3).tolist()
[6378.137, 0.0, 0.0]
"""
