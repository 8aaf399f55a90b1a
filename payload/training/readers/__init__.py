"""Read labelled images in the layouts in which they are published.

Each layout is a module with one function, `read(folder)`, which yields `LabelledImage`s in order of
ids, one at a time: the sets are up to 40 GB. `layouts.read_images(folder, layout)` finds the module
by name:

    for image in read_images(Path("data/clouds"), "plain"):
        ...

`rasters`, `landsat` and `surfaces` hold what several layouts share. Where a set states neither units
nor sun elevation, the module says what is assumed.
"""
