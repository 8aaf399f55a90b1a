"""The wing that makes the masker: labelled images in, a network with its card out.

It needs the extra `train`.

    dataset    labelled images, and which of them a network must not have seen
    augment    crops to learn from
    student    the network that flies, and the single convolution it has to beat
    train      one training;  runs: trainings that are kept
    evaluate   every human-labelled image judged by a network that saw nothing of its scene
    export     a network becomes ONNX with a model card, and is held against itself
    cli        `payload-train`

Nothing on board imports this wing, and torch is imported nowhere else.
"""
