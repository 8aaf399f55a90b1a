"""How good a masker is, on which ground, with which sensor, and how certain that is.

    judging       every image judged once; scores pooled, by source, by surface, by cloud cover
    spread        several seeds: mean and spread;  two maskers: how certain their difference is
    reliability   whether probabilities are calibrated
    discards      clear tiles discarded and cloudy tiles kept by the pruning rule
    robustness    the same images through a worse sensor
    sheet         the worst failures as one picture
    evaluation    all of that for a model and its baselines
    findings      an evaluation as JSON, Markdown and a picture; its scores for a model card
    index         all findings below a folder on one page
    pace          speed of networks, as JSON and Markdown

A masker here is a `payload.training.predictors.Predictor`; images are `LabelledImage`s. If each
fold has its own network, each is judged on its own images and `Judged.of` combines them.
"""
