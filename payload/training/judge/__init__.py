"""How good a masker is, on which ground, under which sensor, and how sure that is.

    judging       every image judged once; scores pooled, by source, by surface, by cloud cover
    spread        several seeds: mean and spread;  two maskers: how sure their difference is
    reliability   whether a probability means what it says
    discards      clear tiles thrown away, cloudy tiles kept, by the rule of the pruning
    robustness    the same images through a worse sensor
    sheet         the worst failures as one picture
    evaluation    all of that for a model and its yardsticks
    findings      an evaluation as JSON, Markdown and a picture; what of it a model card says
    index         all findings below a folder on one page
    pace          how fast networks are, as JSON and Markdown

A masker here is a `payload.training.predictors.Predictor`; images are `LabelledImage`s. Where each
fold has its own network, each is judged on its own images and `Judged.of` puts them together.
"""
