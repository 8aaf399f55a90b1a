"""`payload-train`: a recipe, stage by stage, from labelled images to the network that flies."""

# torch is slow to import, and options of a command are its arguments:
# ruff: noqa: PLC0415, PLR0913, PLR0917

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.errors import PayloadError, ScenarioError, exit_code_of

if TYPE_CHECKING:
    from payload.training.workshop import Workshop

app = typer.Typer(
    help=(
        "Train the cloud masker: a recipe is carried out stage by stage, each of which can be resumed. "
        "Needs the extra `train`: pip install 'payload-sim[train]'."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

RecipeFile = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe (YAML), or the name of a packaged one: study, family, ship, hardness, smoke.",
    ),
]
Data = Annotated[
    Path, typer.Option(help="Folder of labelled images.", exists=True, file_okay=False)
]
Work = Annotated[
    Path | None,
    typer.Option(
        file_okay=False, help="Folder for all intermediate files; build/RECIPE by default."
    ),
]
Jobs = Annotated[int, typer.Option(min=1, help="Number of students trained at the same time.")]
Out = Annotated[Path, typer.Option(file_okay=False, help="Folder for findings.")]
Models = Annotated[Path, typer.Option(file_okay=False, help="Folder for models and their cards.")]

_GUESTS = {"torch", "onnx", "onnxruntime", "nnunetv2", "scipy", "batchgenerators"}
_OUT = Path("build/found")
_MODELS = Path("build/models")


@app.command()
def prepare(recipe: RecipeFile, data: Data, work: Work = None) -> None:
    """Read the labelled images and compose hard scenes.

    Example: payload-train prepare study --data clouds
    """
    _workshop(recipe, data, work).prepare()


@app.command()
def teacher(recipe: RecipeFile, data: Data, work: Work = None) -> None:
    """Train the nnU-Net, and store the teachers' opinions of each image.

    Example: payload-train teacher study --data clouds
    """
    _taught(recipe, data, work)


@app.command()
def distil(recipe: RecipeFile, data: Data, work: Work = None, jobs: Jobs = 1) -> None:
    """Train the students, each on labels only or with its teachers as well.

    Example: payload-train distil study --data clouds --jobs 2
    """
    from payload.training.course import distil as learn

    learn(_taught(recipe, data, work), jobs=jobs)


@app.command()
def export(
    recipe: RecipeFile,
    data: Data,
    work: Work = None,
    study: Out = _OUT,
    models: Models = _MODELS,
) -> None:
    """Export the trained students as ONNX, in float32 and int8, each with its card.

    Example: payload-train export ship --data clouds --models models
    """
    from payload.training.shipping import ship

    for path in ship(_taught(recipe, data, work), study, models):
        typer.echo(f"{path}: {path.stat().st_size:,} bytes")


@app.command()
def evaluate(
    data: Data,
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="A trained recipe with folds, whose students are evaluated fold by fold."
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="An ONNX file with its card beside it, evaluated alone.")
    ] = None,
    layout: Annotated[str, typer.Option(help="Layout of the folder of images.")] = "plain",
    ukis: Annotated[bool, typer.Option(help="Evaluate ukis-csmask as well.")] = True,
    work: Work = None,
    out: Out = Path("evaluation"),
) -> None:
    """Evaluate a model on labelled images, or the students of a study on unseen scenes.

    Example: payload-train evaluate --model payload/data/models/default_int8.onnx --data clouds
    """
    from payload.training import reports

    if (model is None) == (recipe is None):
        raise ScenarioError("expected either --model or --recipe")
    if recipe is not None:
        shop = _taught(recipe, data, work)
        reports.report_study(shop, out)
        out /= shop.recipe.name
    elif model is not None:
        reports.report_model(model, data, layout, out, ukis=ukis)
    typer.echo((out / "README.md").read_text(encoding="utf-8"))


@app.command()
def run(
    recipe: RecipeFile,
    data: Data,
    work: Work = None,
    jobs: Jobs = 1,
    out: Out = _OUT,
    models: Models = _MODELS,
) -> None:
    """Follow a recipe from its first stage to its last: studies end in findings, others in models.

    Example: payload-train run ship --data clouds
    """
    from payload.training import reports, shipping
    from payload.training.course import distil as learn

    shop = _taught(recipe, data, work)
    learn(shop, jobs=jobs)
    if shop.recipe.students.folds:
        reports.report_study(shop, out)
        return
    if shop.recipe.students.arms == ("composed",):
        reports.report_composed(shop, out)
        return
    for path in shipping.ship(shop, out, models):
        typer.echo(f"{path}: {path.stat().st_size:,} bytes")
    reports.report_shipped(shop, models, out)


@app.command()
def realism(
    data: Data,
    out: Out = Path("build/world"),
    seed: Annotated[int, typer.Option(help="Seed of the world and of the sample of places.")] = 0,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="An option of the synthetic Earth; may be repeated."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option(help="Use few views, which takes well under a minute.")
    ] = False,
) -> None:
    """Measure how the synthetic Earth differs from real images.

    Example: payload-train realism --data clouds --set haze_optical_depth=0.2
    """
    import sys

    from payload.training.journal import Journal
    from payload.training.realism.compare import Sample, compare_world
    from payload.training.realism.page import PAGE

    pairs = [text.partition("=") for text in option or []]
    if bad := [key for key, equals, _ in pairs if not equals]:
        raise ScenarioError(f"--set {bad[0]}: expected KEY=VALUE")
    options = {key: value for key, _, value in pairs}
    compare_world(data, out, Sample(seed, options, quick), journal=Journal(screen=sys.stderr))
    typer.echo((out / PAGE).read_text(encoding="utf-8"))


def main() -> None:
    """Run the command line; our own errors become a sentence on stderr and an exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        app()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _GUESTS:
            raise
        typer.echo(f"payload-train needs {error.name}: pip install 'payload-sim[train]'", err=True)
        raise SystemExit(3) from error
    except PayloadError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(exit_code_of(error)) from error


def _workshop(recipe: Path, data: Path, work: Path | None) -> "Workshop":
    from payload.training.journal import on_screen
    from payload.training.recipe import load_recipe
    from payload.training.workshop import Workshop

    wanted = load_recipe(recipe)
    folder = Path("build") / wanted.name if work is None else work
    return Workshop(wanted, data, folder, on_screen(folder / "journal.jsonl"))


def _taught(recipe: Path, data: Path, work: Path | None) -> "Workshop":
    shop = _workshop(recipe, data, work)
    shop.prepare()
    shop.teach()
    return shop
