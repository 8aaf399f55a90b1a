"""The statistical laws of the synthetic sky beside satellite observations: a table for people, numbers for programs."""

from dataclasses import dataclass

from payload.analysis.words import plain_table
from payload.world.laws import (
    Belt,
    Likeness,
    Means,
    Spread,
    Survey,
    cloud_sizes,
    drift_m_s,
    likeness_in_space,
    likeness_in_time,
    mean_covers,
    polar_cover,
    scene_spread,
    tropical_belt,
)
from payload.world.sizes import PowerLaw

_KING = "King et al. 2013, IEEE Trans. Geosci. Remote Sens. 51, 3826 (MODIS)"
_SIZES = "Wood and Field 2011, J. Climate 24, 4800; DeWitt et al. 2024, Atmos. Chem. Phys. 24, 109"
_ASSUMED = "assumption"


@dataclass(frozen=True, slots=True)
class Law:
    """One statistical law.

    Attributes:
        name: What is measured, with its unit.
        measured: The figure; None if too little was seen.
        least: The least plausible value, or None.
        most: The greatest plausible value, or None.
        source: Who measured or assumed the bounds; empty if there are none.
    """

    name: str
    measured: float | None
    least: float | None = None
    most: float | None = None
    source: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the figure lies within its bounds; None if nothing can be said."""
        if self.measured is None or self.least is None or self.most is None:
            return None
        return self.least <= self.measured <= self.most

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """The law as a row of a table."""
        verdict = {None: "", True: "yes", False: "NO"}[self.holds]
        figure = "-" if self.measured is None else f"{self.measured:.3g}"
        bounds = "" if self.least is None else f"{self.least:g} to {self.most:g}"
        return self.name, figure, bounds, verdict, self.source


@dataclass(frozen=True, slots=True)
class LawsReport:
    """Everything that was measured of a world.

    Attributes:
        seed: Of the world.
        year: The year measured, from its first moment on.
        effort: How much was sampled.
        laws: The figures with their bounds.
        means: Mean covers.
        belt: The tropical belt.
        synoptic: How long squares of 500 km keep their cover.
        small: How long structures of 10 km persist.
        distance: Over what distance covers of scenes are similar.
        spread: Distribution of the covers of scenes.
        sizes: Of clouds in broken skies; None if too few were seen.
    """

    seed: int
    year: int
    effort: float
    laws: tuple[Law, ...]
    means: Means
    belt: Belt
    synoptic: Likeness
    small: Likeness
    distance: Likeness
    spread: Spread
    sizes: PowerLaw | None

    def lines(self) -> list[str]:
        """The laws as a table in text."""
        rows = [law.row[:4] for law in self.laws]
        return list(plain_table(["law", "measured", "expected", "holds"], rows))

    def notes(self) -> list[str]:
        """Laws that do not hold."""
        return [
            f"{law.name} is outside the expected range" for law in self.laws if law.holds is False
        ]

    def markdown(self) -> str:
        """The laws as a page of Markdown."""
        command = f"payload-sim world --measure --year {self.year} --seed {self.seed}"
        lines = [
            f"# The clouds of the synthetic Earth, seed {self.seed}, {self.year}",
            "",
            "| law | measured | expected | holds | source |",
            "|---|--:|--:|---|---|",
            *(f"| {' | '.join(law.row)} |" for law in self.laws),
            "",
            "Scenes of 16 km by their true cover:",
            "",
            "| cover | share of scenes |",
            "|---|--:|",
            *(
                f"| {10 * index} to {10 * index + 10} % | {share:.1%} |"
                for index, share in enumerate(self.spread.histogram)
            ),
            "",
            f"Written by `{command}` with an effort of {self.effort:g}.",
        ]
        return "\n".join(lines) + "\n"


def examine_laws(survey: Survey) -> LawsReport:
    """Measure all laws of a world."""
    means, belt, spread = mean_covers(survey), tropical_belt(survey), scene_spread(survey)
    synoptic, small = likeness_in_time(survey, 500.0), likeness_in_time(survey, 10.0)
    distance, sizes = likeness_in_space(survey), cloud_sizes(survey)
    laws = (
        Law("global mean cover [%]", 100 * means.everywhere, 65.0, 69.0, _KING),
        Law("mean cover of land [%]", 100 * means.land, 52.0, 58.0, _KING),
        Law("mean cover of the ocean [%]", 100 * means.ocean, 69.0, 75.0, _KING),
        Law("mean cover poleward of 70 deg [%]", 100 * polar_cover(survey)),
        Law("swing of the tropical belt over the year [deg]", belt.swing_deg, 8.0, 16.0, _ASSUMED),
        Law("e-folding time of squares of 500 km [h]", synoptic.e_folding, 16.0, 32.0, _ASSUMED),
        Law("e-folding time of structures of 10 km [h]", small.e_folding, 1.0, 2.0, _ASSUMED),
        Law("drift of weather at 45 deg, eastwards [m/s]", drift_m_s(survey, 45.0), 5.0, 12.0, _ASSUMED),
        Law("drift of weather at 10 deg, eastwards [m/s]", drift_m_s(survey, 10.0), -9.0, -2.0, _ASSUMED),
        Law("e-folding distance of covers of scenes [km]", distance.e_folding, 200.0, 800.0, _ASSUMED),
        Law("scenes of 16 km below 10 % cloud [%]", 100 * spread.clear),
        Law("scenes of 16 km above 90 % cloud [%]", 100 * spread.overcast),
        Law("exponent of cloud areas", sizes.exponent if sizes else None, 1.6, 2.0, _SIZES),
    )  # fmt: skip
    return LawsReport(
        seed=survey.world.seed,
        year=survey.begin_utc.year,
        effort=survey.effort,
        laws=laws,
        means=means,
        belt=belt,
        synoptic=synoptic,
        small=small,
        distance=distance,
        spread=spread,
        sizes=sizes,
    )
