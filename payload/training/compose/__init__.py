"""Hard scenes in any number: clouds placed by physics over real and made-up ground.

    fields     random fields: fractals, plumes, rectangles
    grounds    made-up ground that looks like cloud: snow, ice, sand, roofs, glint; and some that does not
    sky        cloud reflectance: cumulus, decks, cirrus, veils, and real clouds taken from image pairs
    light      from ground, cloud, shadow and air to reflectance at the top of the atmosphere
    composer   all of them together: `Composer.compose(number)` is a labelled image

A scene depends on seed and number alone, and the truth of each of its pixels is known.
"""
