"""Which pixels are cloud: the network that flies, its floor and ceiling, how they are scored.

    onnx_masker   `onnx`: a network behind a model card
    baselines     `blue`: bright in blue is cloud; `oracle`: the truth itself
    card          what a model says of itself, and whether the file beside it is the one meant
    preprocess    DN to reflectance and whole cells, shared with training
    scores        cloud cover of a tile; IoU, F1, precision and recall of many

>>> from payload.masking.scores import score
>>> score(true_cloud_px=3, missed_cloud_px=1, false_cloud_px=2).iou
0.5
"""
