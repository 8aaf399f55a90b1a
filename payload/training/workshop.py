"""The working folder of a recipe: its images, its teachers' opinions, its finished students.

    work/images/real        all labelled images, with teachers' opinions of them
    work/images/composed    composed scenes to learn from
    work/images/checks      clear scenes of confusing ground, for evaluation only
    work/images/exams       composed scenes of all kinds, for evaluation only
    work/nnunet             the nnU-Net: its data, plan and checkpoints
    work/students           finished runs, named by a digest of what determined them
    work/journal.jsonl      the log

A finished stage is not repeated; an interrupted one resumes. `prepare` and `teach` are here, what
follows is in `school` and `shipping`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
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
from payload.training.lineage import code_digest
from payload.training.predictors import Predictor
from payload.training.readers.layouts import read_images
from payload.training.recipe import Recipe
from payload.training.store import ImageStore

TEACHER = "teacher"
_UKIS = "ukis"


@dataclass(frozen=True)
class Workshop:
    """A recipe with its data and its working folder.

    Attributes:
        recipe: The recipe.
        data: Folder of labelled images in the recipe's layout.
        work: Folder for all that is made; about 3 GB with an nnU-Net.
        journal: Log of all stages.
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
        """Composed scenes of all kinds for evaluation."""
        return ImageStore(self.work / "images" / "exams")

    @cached_property
    def checks(self) -> ImageStore:
        """Clear scenes for evaluation."""
        return ImageStore(self.work / "images" / "checks")

    def prepare(self) -> None:
        """Read the labelled images and compose scenes; what was made from the same inputs is kept.

        Composed scenes take ground and clouds from images of scenes without human labels, so that
        they show nothing of the scenes used for evaluation.

        Raises:
            ImageryError: The data cannot be read, or there is nothing to learn from.
        """
        wanted, code = self.recipe.composed, code_digest("compose", "images")
        journal = self.journal.within(stage="prepare")
        self._fill(
            self.real,
            [*self._files(), self.recipe.layout, code_digest("readers", "images")],
            lambda: read_images(self.data, self.recipe.layout),
        )
        if not usable(self.real.images()):
            raise ImageryError(f"{self.data}: no image has enough labels for training")
        composer = Composer.of(self._open_to_all(), seed=wanted.seed)
        examiner = replace(composer, seed=wanted.checks_seed)
        for store, maker, count in (
            (self.composed, composer, wanted.scenes),
            (self.exams, examiner, wanted.exams),
        ):
            numbers = journal.progress(store.folder.name, range(count), every=100)
            self._fill(
                store,
                [code, self.real.digest, maker.seed, count],
                partial(map, maker.compose, numbers),
            )
        pairs = list(product(CONFUSERS, range(wanted.checks)))
        self._fill(
            self.checks,
            [code, wanted.checks_seed, wanted.checks],
            lambda: (
                Composer(seed=wanted.checks_seed).clear(kind, number)
                for kind, number in journal.progress("checks", pairs, every=100)
            ),
        )

    def _fill(
        self,
        store: ImageStore,
        made_from: Sequence[object],
        images: Callable[[], Iterable[LabelledImage]],
    ) -> None:
        """Write images into a store, unless it holds what was made from the same inputs."""
        journal, origin = self.journal.within(stage="prepare"), digest_json(list(made_from))
        if store.made_from == origin:
            journal.log(f"{store.folder.name} unchanged")
            return
        journal.log(f"{store.folder.name} written", images=store.write(images(), made_from=origin))

    def teach(self) -> None:
        """Train the nnU-Net, and store the teachers' opinions of each image.

        The nnU-Net learns from composed scenes and from all images except the human-labelled ones and
        those that share a scene with them, so it may teach every fold. If no image is left, it learns
        from all images if there are no folds, else from composed scenes alone.
        """
        journal = self.journal.within(stage="teacher")
        teacher = self.recipe.teacher
        if teacher.ukis and not self.real.has_opinion(_UKIS):
            from payload.training.opinions import Ukis  # noqa: PLC0415 - only where it is needed

            self._ask(Ukis(threads=None), _UKIS, journal)
        if self._nnunet_name and not self.real.has_opinion(self._nnunet_name):
            self._ask(self._nnunet(journal), self._nnunet_name, journal)
        journal.log("opinions", of=", ".join(self.opinions()) or "nobody")

    def opinions(self) -> dict[str, list[NDArray[np.uint8]]]:
        """Each teacher's opinion of each real image, in steps of 1/250, and their mean.

        The key of the mean is `TEACHER`, even if there is only one teacher. The composer knows the
        truth of its scenes, so no teacher is asked about them.
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
    def opinion_digests(self) -> list[str]:
        """Digests of the opinions of this recipe's teachers, for the runs that learn from them."""
        names = [self._nnunet_name, _UKIS if self.recipe.teacher.ukis else ""]
        return [self.real.opinion_digest(name) for name in names if name]

    @property
    def _nnunet_name(self) -> str:
        """Name of the nnU-Net's opinion, which differs for each training; empty without an nnU-Net."""
        nnunet = self.recipe.teacher.nnunet
        if nnunet is None:
            return ""
        code = code_digest("nnunet")
        seen = [image.id for image in self._open_to_all()]
        decides = [code, nnunet.model_dump(), self.composed.digest, seen]
        return f"nnunet-{digest_json(decides)[:8]}"

    def _nnunet(self, journal: Journal) -> Predictor:
        from payload.training.nnunet import prediction, preparation, training  # noqa: PLC0415

        if self.recipe.teacher.nnunet is None:
            raise MaskerError(f"{self.recipe.name}: this recipe has no nnU-Net")
        wanted = self.recipe.teacher.nnunet
        config = wanted.config()
        pool = [
            *usable(self._open_to_all()) * wanted.repeats,
            *self.composed.images()[: wanted.composed],
        ]
        prepared = preparation.prepare(pool, self.work / "nnunet" / "data", config, journal=journal)
        folder = (
            self.work / "nnunet" / f"training-{digest_json([prepared.digest, config.digest])[:12]}"
        )
        checkpoint = training.train(prepared, config, folder, journal=journal.within())
        return prediction.NnUnetPredictor((checkpoint,), tile_step=1.0)

    def _open_to_all(self) -> list[LabelledImage]:
        """Images that the composer and every teacher may use: those of scenes without human labels.

        If every scene has human labels and the recipe has no folds, these are all images.
        """
        images = self.real.images()
        judged = {image.scene for image in images if image.is_human}
        left = [image for image in images if image.scene not in judged]
        if not left and not self.recipe.students.folds:
            return images
        return left

    def _files(self) -> list[tuple[str, int, int]]:
        """Name, size and modification time of each data file; the working folder may lie among them, and is left out."""
        data, work = self.data.resolve(), self.work.resolve()
        found = []
        for path in sorted(data.rglob("*")):
            if path.is_file() and not path.is_relative_to(work):
                facts = path.stat()
                found.append((str(path.relative_to(data)), facts.st_size, facts.st_mtime_ns))
        return found

    def _ask(self, teacher: Predictor, name: str, journal: Journal) -> None:
        asked = journal.progress(f"{name} looks", self.real.images(), every=50)
        self.real.keep_opinion(
            name, (teacher.probability(reflectance(image.dn, RADIOMETRY)) for image in asked)
        )
