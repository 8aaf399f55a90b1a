"""The teacher: a genuine nnU-Net v2, configured for a machine with two cores.

Fingerprint, plan, preprocessing, network, loss, trainer and inference are those of the package
nnunetv2. Changes are listed where they are made: in `plan` (patch, batch, norm), `augmentation`
(what erases absolute reflectance), `trainer` (budget, bfloat16, optimiser) and `preparation`.

    config = NnUnet(budget_s=3600)
    prepared = preparation.prepare(images, Path("build/teacher/data"), config)
    checkpoint = training.train(prepared, config, Path("build/teacher/seed-1"))
    cloud = prediction.NnUnetPredictor((checkpoint,)).probability(bands)

`config` imports without the extra `train`; the others need it.
"""
