"""The Earth we photograph: what is there, whether or not anyone looks.

    synthetic    `synthetic`: the Earth that is made of the modules below
    scene        its scenes, painted window by window, with exact truth
    sight        what lies at pixels: ground below, clouds above, the sun beside them
    surface      land, water, plants, sand, snow: which of them lies where, in a season
    parcels      fields, tracks and houses
    spectra      reflectance of what lies on the ground
    clouds       optical depth at a place and time; climate; correlation in space and time
    coarse       the sky over squares: what its coarse octaves tell and leave open (with `averaging`)
    cover        cloud cover of squares, without painting
    glance       cover and surface of a scene's windows, without painting
    forecast     P(clear) of a scene, with a stated skill
    laws         means, belts, lives and sizes of the clouds, measured (with `sizes`)
    maps         the clouds of the whole globe, and its coasts
    air_mass     haze, height and colour of clouds from place to place
    atmosphere   air, cloud and shadow: light on its way to the top of the atmosphere
    camera       point spread, bands apart, noise, stripes; reflectance to DN
    globe        the real Earth: land fraction, the sun
    grid         pixels of a scene to places
    lattice      a lattice on the globe that gets finer by halves
    knots        what changes slowly: counted here and there, linear between
    noise        hashes of lattice points; smooth noise on the sphere
    rasters      `rasters`: scenes from GeoTIFF files

The synthetic world is a pure function of seed, place and time: whoever looks, in whatever order and
through whatever window, sees the same.

>>> from payload.world.synthetic import Synthetic
>>> Synthetic(seed=7).cloud_optical_depth
0.7
"""
