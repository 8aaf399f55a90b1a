"""The darkroom: what is true of the tiles of an image, found out once for all who ask. Read `facts.py` first.

- `pixels` paints, masks and compresses; `draws` glances and draws from a surrogate; `sampled` paints some tiles and takes
  the others to be like them.
- `counted` adds the bands that are not painted; `remembered` looks up in a `store` on disk what was done before.
- `memo` holds it for a flight and its arms.

There is no clock here: what a tile is does not depend on who flies it.
"""
