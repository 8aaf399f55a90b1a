"""Hard scenes without limit: clouds put by physics on real and made-up ground.

    fields     random fields: fractals, plumes, rectangles
    grounds    made-up ground that looks like cloud: snow, ice, sand, roofs, glint; and some that does not
    sky        cloud reflectance: cumulus, decks, cirrus, veils, and real ones taken from image pairs
    light      ground, cloud, shadow and air to reflectance at the top of the atmosphere
    composer   all of them together: `Composer.compose(number)` is a labelled image

A scene is a function of seed and number alone, and knows the truth of each of its pixels.
"""
