"""The Earth that is imaged: what is there, whether or not anyone looks.

    synthetic    `synthetic`: the synthetic Earth, built from the modules below
    scene        its scenes, painted window by window, with exact truth
    sight        what each pixel sees: the ground, the clouds above it, the clouds between it and the sun
    surface      land, water, plants, sand, snow: what lies where, in a season
    parcels      fields, tracks and houses
    spectra      reflectance of the ground
    clouds       optical depth at a place and time; climate; correlation in space and time
    coarse       the sky over squares: what its coarse octaves determine and leave open (with `averaging`)
    cover        cloud cover of squares, without painting
    glance       cover and surface of a scene's windows, without painting
    forecast     P(clear) of a scene, with a stated skill
    laws         measured means, latitude belts, lifetimes and sizes of the clouds (with `sizes`)
    maps         the clouds of the whole globe, and its coasts
    air_mass     haze, cloud height and cloud colour from place to place
    atmosphere   air, cloud and shadow: light on its way to the top of the atmosphere
    camera       point spread, band misregistration, noise, stripes; reflectance to DN
    globe        the real Earth: land fraction, the sun
    grid         from pixels of a scene to places on the Earth
    lattice      a lattice on the globe, refined by halving its spacing
    knots        slowly varying values: computed at knots, linear in between
    noise        hashes of lattice points; smooth noise on the sphere
    rasters      `rasters`: scenes from GeoTIFF files (`geotiff`, opened by `raster_files`)

The synthetic world is a pure function of seed, place and time: it looks the same in whatever order
and through whatever window it is read.

>>> from payload.world.synthetic import Synthetic
>>> Synthetic(seed=7).cloud_optical_depth
0.7
"""
