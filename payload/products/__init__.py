"""Files for engineers' tools: rasters, restored images, the results of a flight.

`imagery` is the only module here that uses rasterio; `ground_segment.unpack` turns a downlinked
container into a GeoTIFF.
"""
