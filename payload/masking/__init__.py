"""Cloud masking: the network that flies, the baselines below and above it, and how they are scored.

    onnx_masker   `onnx`: a network with a model card
    baselines     `blue`: bright in blue is cloud; `oracle`: the truth itself
    card          the model card, and whether the file beside it is the one it describes
    preprocess    DN to reflectance, padded to whole cells; shared with training
    scores        cloud cover of a tile; IoU, F1, precision and recall of many

>>> from payload.masking.scores import score
>>> score(true_cloud_px=3, missed_cloud_px=1, false_cloud_px=2).iou
0.5
"""
