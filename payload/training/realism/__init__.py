"""Do rendered scenes look like real ones? Measured, so that the rendering can be mended.

    shots        real and rendered images on one footing: the same camera, the same 12 bits
    places       where and when rendered views are taken, so that they are counterparts of the real
    spectrum     power over scale          features     what a tile's samples say, without its truth
    separation   how well numbers tell two sets apart: areas under curves, a linear classifier
    coding       bits that a sample needs  colours      ratios of bands, by class and brightness
    masks        maskers against truth on both;  thin cloud and shadow in cloudy tiles
    criteria     what is wanted of each figure
    verdict      all of that, against what is wanted
    page         JSON, Markdown and a picture of rendered scenes alone

The first half of these are pure functions of arrays. No real image is ever written anywhere.
"""
