"""The bench that a recipe is worked on: its images, its opinions, its finished students.

    work/images/real        all labelled images, with what teachers say of them
    work/images/composed    composed scenes to learn from
    work/images/checks      clear scenes of confusing ground, to be judged on alone
    work/images/exams       composed scenes of all kinds, to be judged on alone
    work/nnunet             the nnU-Net: its data, plan and checkpoints
    work/students           finished trainings, named by what decided them
    work/journal.jsonl      what happened when

A stage that is finished is not done again; one that was interrupted goes on. `prepare` and `teach`
stand here, what follows in `school` and `shipping`.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError, MaskerError
from payload.masking.preprocess import reflectance
from payload.provenance import digest_json
from payload.training.compose.composer import Composer
from payload.training.compose.grounds import CONFUSERS
from payload.training.images import RADIOMETRY, LabelledImage, usable
from payload.training.journal import SILENT, Journal
from payload.training.predictors import Predictor
from payload.training.readers.layouts import read_images
from payload.training.recipe import Recipe
from payload.training.store import ImageStore

TEACHER = "teacher"
_UKIS = "ukis"


@dataclass(frozen=True)
class Workshop:
    """A recipe with the data that it is for and the folder that it is worked on in.

    Attributes:
        recipe: What is wanted.
        data: Folder of labelled images in the recipe's layout.
        work: Folder for all that is made; about 3 GB with an nnU-Net.
        journal: Hears of everything.
    """

    recipe: Recipe
    data: Path
    work: Path
    journal: Journal = SILENT

    @cached_property
    def real(self) -> ImageStore:
        """The labelled images."""
        return ImageStore(self.work / "images" / "real")

    @cached_property
    def composed(self) -> ImageStore:
        """Composed scenes to learn from."""
        return ImageStore(self.work / "images" / "composed")

    @cached_property
    def exams(self) -> ImageStore:
        """Composed scenes of all kinds to be judged on."""
        return ImageStore(self.work / "images" / "exams")

    @cached_property
    def checks(self) -> ImageStore:
        """Clear scenes to be judged on."""
        return ImageStore(self.work / "images" / "checks")

    def prepare(self) -> None:
        """Read the labelled images and compose scenes.

        Composed scenes take ground and clouds from images of scenes that no person has labelled, so
        that they show nothing of the scenes that anything is judged on.

        Raises:
            ImageryError: The data cannot be read, or there is nothing to learn from.
        """
        recipe, journal = self.recipe.composed, self.journal.within(stage="prepare")
        marker = self.work / "images" / "prepared"
        wanted = digest_json([str(self.data.resolve()), self.recipe.layout, recipe.model_dump()])
        if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
            journal.log("already done")
            return
        marker.unlink(missing_ok=True)
        count = self.real.write(read_images(self.data, self.recipe.layout))
        images = self.real.images()
        if not usable(images):
            raise ImageryError(f"{self.data}: no image has labels enough to learn from")
        journal.log("read", images=count, by_people=sum(image.is_human for image in images))
        composer = Composer.of(self._unseen_by_people(), seed=recipe.seed)
        numbers = journal.progress("composed", range(recipe.scenes), every=100)
        self.composed.write(composer.compose(number) for number in numbers)
        judge = Composer(seed=recipe.checks_seed)
        wanted_checks = [(kind, n) for kind in CONFUSERS for n in range(recipe.checks)]
        pairs = journal.progress("checks", wanted_checks, every=100)
        self.checks.write(judge.clear(kind, number) for kind, number in pairs)
        examiner = replace(composer, seed=recipe.checks_seed)
        numbers = journal.progress("exams", range(recipe.exams), every=100)
        self.exams.write(examiner.compose(number) for number in numbers)
        marker.write_text(wanted, encoding="utf-8")

    def teach(self) -> None:
        """Train the nnU-Net, and keep what the teachers say of each image.

        The nnU-Net learns from composed scenes and from all images but those that people have
        labelled and what shares a scene with them: it may teach every fold.
        """
        journal = self.journal.within(stage="teacher")
        teacher = self.recipe.teacher
        if teacher.ukis and not self.real.has_opinion(_UKIS):
            from payload.training.opinions import Ukis  # noqa: PLC0415 - only where it is wanted

            self._ask(Ukis(threads=None), _UKIS, journal)
        if self._nnunet_name and not self.real.has_opinion(self._nnunet_name):
            self._ask(self._nnunet(journal), self._nnunet_name, journal)
        journal.log("opinions", of=", ".join(self.opinions()) or "nobody")

    def opinions(self) -> dict[str, list[NDArray[np.uint8]]]:
        """What teachers say of each real image, in steps of 1/250, and all of them together.

        Together they say the mean; the key of that is `TEACHER`, even where there is one alone. The
        composer knows the truth of its scenes, so nobody is asked about them.
        """
        said = {}
        if self._nnunet_name:
            said["nnunet"] = self.real.opinions(self._nnunet_name)
        if self.recipe.teacher.ukis:
            said["ukis"] = self.real.opinions(_UKIS)
        if said:
            said[TEACHER] = [
                np.rint(np.mean(np.stack(planes).astype(np.float32), axis=0)).astype(np.uint8)
                for planes in zip(*said.values(), strict=True)
            ]
        return said

    @property
    def _nnunet_name(self) -> str:
        """Name of the nnU-Net's opinion, which another training does not share; empty without one."""
        nnunet = self.recipe.teacher.nnunet
        if nnunet is None:
            return ""
        decides = [nnunet.model_dump(), self.recipe.composed.model_dump()]
        return f"nnunet-{digest_json(decides)[:8]}"

    def _nnunet(self, journal: Journal) -> Predictor:
        from payload.training.nnunet import prediction, preparation, training  # noqa: PLC0415

        if self.recipe.teacher.nnunet is None:
            raise MaskerError(f"{self.recipe.name}: this recipe has no nnU-Net")
        wanted = self.recipe.teacher.nnunet
        config = wanted.config()
        pool = [
            *usable(self._unseen_by_people()) * wanted.repeats,
            *self.composed.images()[: wanted.composed],
        ]
        prepared = preparation.prepare(pool, self.work / "nnunet" / "data", config, journal=journal)
        folder = (
            self.work / "nnunet" / f"training-{digest_json([prepared.digest, config.digest])[:12]}"
        )
        checkpoint = training.train(prepared, config, folder, journal=journal.within())
        return prediction.NnUnetPredictor((checkpoint,), tile_step=1.0)

    def _unseen_by_people(self) -> list[LabelledImage]:
        images = self.real.images()
        judged = {image.scene for image in images if image.is_human}
        return [image for image in images if image.scene not in judged]

    def _ask(self, teacher: Predictor, name: str, journal: Journal) -> None:
        asked = journal.progress(f"{name} looks", self.real.images(), every=50)
        self.real.keep_opinion(
            name, (teacher.probability(reflectance(image.dn, RADIOMETRY)) for image in asked)
        )
