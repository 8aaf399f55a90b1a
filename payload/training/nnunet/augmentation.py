"""nnU-Net's augmentation without what erases absolute reflectance.

Kept as they are: rotation, scaling, mirroring, blur, and lower resolution of single bands. Changed:

- contrast and both gammas are left out: they stretch each band of a crop about its own mean;
- brightness is one gain for all bands instead of one for each within 25 %;
- noise is scaled to reflectance instead of to values of unit variance;
- pixels outside an image are unknown, where nnU-Net would call them background;
- blur is always computed in the same way, where nnU-Net times two ways and takes the faster one.
"""

from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform
from batchgeneratorsv2.transforms.intensity.brightness import MultiplicativeBrightnessTransform
from batchgeneratorsv2.transforms.intensity.contrast import BGContrast, ContrastTransform
from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform
from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform
from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
from batchgeneratorsv2.transforms.utils.random import RandomTransform
from batchgeneratorsv2.transforms.utils.remove_label import RemoveLabelTransform

from payload.training.nnunet.config import NnUnet

_OUTSIDE = -1  # nnU-Net's label for pixels outside an image


def keep_reflectance(
    stock: ComposeTransforms, config: NnUnet, *, ignore_label: int
) -> ComposeTransforms:
    """The same transforms, except for those that change what a value means.

    Args:
        stock: The transforms of nnU-Net's trainer.
        config: Gain and noise.
        ignore_label: Label of unknown pixels.
    """
    kept: list[BasicTransform] = []
    for transform in stock.transforms:
        if isinstance(transform, RandomTransform):
            if isinstance(transform.transform, (ContrastTransform, GammaTransform)):
                continue
            inner = _adapted(transform.transform, config, ignore_label)
            kept.append(RandomTransform(inner, transform.apply_probability))
        else:
            kept.append(_adapted(transform, config, ignore_label))
    return ComposeTransforms(kept)


def _adapted(transform: BasicTransform, config: NnUnet, ignore_label: int) -> BasicTransform:
    if isinstance(transform, MultiplicativeBrightnessTransform):
        return MultiplicativeBrightnessTransform(
            multiplier_range=BGContrast((1 - config.gain, 1 + config.gain)),
            synchronize_channels=True,
        )
    if isinstance(transform, GaussianNoiseTransform):
        return GaussianNoiseTransform(
            noise_variance=(0, config.noise),  # which nnU-Net uses as a standard deviation
            synchronize_channels=True,
        )
    if isinstance(transform, GaussianBlurTransform):
        return GaussianBlurTransform(
            transform.blur_sigma,
            synchronize_channels=transform.synchronize_channels,
            synchronize_axes=transform.synchronize_axes,
            p_per_channel=transform.p_per_channel,
            benchmark=False,
        )
    if isinstance(transform, RemoveLabelTransform) and transform.label_value == _OUTSIDE:
        return RemoveLabelTransform(_OUTSIDE, ignore_label)
    return transform
