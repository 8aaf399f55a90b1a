"""`payload-train`: from labelled images to the network that ships, doing nothing twice."""

# torch is slow to import, and options of a command are its arguments:
# ruff: noqa: PLC0415, PLR0913, PLR0917

import logging
from pathlib import Path
from typing import Annotated

import typer

from payload.errors import PayloadError

app = typer.Typer(
    help=(
        "Train, judge and export the cloud masker. "
        "Needs the extra `train`: pip install 'payload-sim[train]'."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Data = Annotated[
    Path,
    typer.Option(help="Folder of labelled images, with index.csv.", exists=True, file_okay=False),
]
Work = Annotated[
    Path, typer.Option(help="Folder of finished trainings; delete a file to train anew.")
]
Steps = Annotated[int, typer.Option(min=1, help="Batches that each network learns from, at most.")]
Minutes = Annotated[float, typer.Option(min=0.01, help="Minutes for each network, at most.")]

_WORK = Path("build/masker")


@app.command()
def folds(data: Data, work: Work = _WORK, steps: Steps = 1800, minutes: Minutes = 5.0) -> None:
    """Train the student once a fold, and print who was held out.

    Example: payload-train folds --data clouds
    """
    from payload.training.evaluate import train_folds
    from payload.training.readers.plain import read as read_images
    from payload.training.student import Student
    from payload.training.train import Recipe

    recipe = Recipe(Student.name, steps=steps, budget_s=60 * minutes)
    for ids, run in train_folds(list(read_images(data)), recipe, work).items():
        typer.echo(f"{run.steps} steps without {', '.join(ids)}")


@app.command()
def evaluate(
    data: Data,
    work: Work = _WORK,
    out: Annotated[Path, typer.Option(help="Folder for baseline.json and README.md.")] = Path(
        "results/masker"
    ),
    steps: Steps = 1800,
    minutes: Minutes = 5.0,
) -> None:
    """Judge the student and its yardsticks on images of scenes that they never saw.

    Example: payload-train evaluate --data clouds --out results/masker
    """
    from payload.training.evaluate import evaluate as judge
    from payload.training.findings import write_findings
    from payload.training.readers.plain import read as read_images
    from payload.training.student import Student
    from payload.training.train import Recipe

    recipe = Recipe(Student.name, steps=steps, budget_s=60 * minutes)
    write_findings(judge(list(read_images(data)), recipe, work), out)
    typer.echo((out / "README.md").read_text(encoding="utf-8"))


@app.command()
def ship(
    data: Data,
    findings: Annotated[
        Path,
        typer.Option(help="What `evaluate` has found, for the card.", exists=True, dir_okay=False),
    ] = Path("results/masker/baseline.json"),
    work: Work = _WORK,
    out: Annotated[Path, typer.Option(help="Folder for the model and its card.")] = Path(
        "payload/data/models"
    ),
    steps: Steps = 5000,
    minutes: Minutes = 12.0,
) -> None:
    """Train the student on all images; write it as ONNX with its card.

    Example: payload-train ship --data clouds --out payload/data/models
    """
    from payload.training.export import write_card, write_onnx
    from payload.training.findings import card_scores
    from payload.training.readers.plain import read as read_images
    from payload.training.runs import run_once
    from payload.training.student import Student
    from payload.training.train import Recipe

    images = list(read_images(data))
    recipe = Recipe(Student.name, steps=steps, budget_s=60 * minutes)
    scores = card_scores(findings)
    run = run_once(images, recipe, work)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{Student.name}.onnx"
    difference = write_onnx(run.network, path)
    card = write_card(path, run, images, seed=recipe.seed, scores=scores)
    typer.echo(
        f"{path}: {card.parameters} parameters, {run.steps} steps, "
        f"ONNX and torch differ by {difference:.1e}"
    )


def main() -> None:
    """Run the command line; an error of ours is a sentence on stderr and its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "onnx"}:
            raise
        typer.echo(f"payload-train needs {error.name}: pip install 'payload-sim[train]'", err=True)
        raise SystemExit(3) from error
    except PayloadError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(error.exit_code) from error
