"""Do rendered scenes look like real ones? Measured, so that the rendering can be improved.

    shots        real and rendered images made comparable: the same camera, the same 12 bits
    places       where and when rendered views are taken, as counterparts of the real ones
    spectrum     power over scale          features     figures of a tile's samples, without its truth
    separation   how well figures tell two sets apart: areas under curves, a linear classifier
    coding       bits per sample           colours      ratios of bands, by class and brightness
    masks        maskers against truth on both;  thin cloud and shadow in cloudy tiles
    criteria     required range of each figure
    verdict      all of that, against the criteria
    page         JSON, Markdown and a picture of rendered scenes alone

The first half of these are pure functions of arrays. No real image is ever written anywhere.
"""
