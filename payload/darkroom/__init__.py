"""The darkroom: the facts of an image's tiles, computed once for all arms. Read `facts.py` first.

- `pixels` renders ("paints"), masks and compresses; `draws` glances and draws from a surrogate; `sampled` renders some
  tiles and takes the others to be like them.
- `counted` adds the bands that are not rendered; `remembered` looks up in a `store` on disk what was done before.
- `memo` holds the facts for a flight and its arms.

There is no simulated time here: the facts of a tile do not depend on the arm that flies.
"""
