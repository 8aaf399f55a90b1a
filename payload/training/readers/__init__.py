"""Labelled images as the world publishes them.

Each layout is a module with one verb, `read(folder)`, which yields `LabelledImage` in order of ids,
one at a time: the sets are up to 40 GB. `layouts.read_images(folder, layout)` finds the module by
name:

    for image in read_images(Path("data/clouds"), "plain"):
        ...

`rasters`, `landsat` and `surfaces` hold what several layouts share. Where a set tells neither units
nor sun, the module says what is assumed.
"""
