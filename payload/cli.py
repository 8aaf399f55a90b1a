"""The command line: parse, call one function of `payload.api`, print, exit code.

stdout is the answer, stderr the talk. Nothing heavy is imported before a command needs it.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from payload import __version__
from payload.commands.bench import bench
from payload.commands.calibrate import calibrate
from payload.commands.compress import compress
from payload.commands.init import init
from payload.commands.link import link
from payload.commands.optimise import optimise
from payload.commands.options import (
    AsJson,
    Cross,
    EffectsFolder,
    Jobs,
    MemoPlace,
    Overrides,
    Quiet,
    ResultsParent,
    Retry,
    ScenarioFile,
    Seed,
    SeedCount,
    with_seed,
)
from payload.commands.plan import plan
from payload.commands.profile import profile
from payload.commands.progress import progress as _progress
from payload.commands.query import query
from payload.commands.serve import serve
from payload.commands.sweep import sweep
from payload.commands.talk import answer as _answer
from payload.commands.talk import answer_json as _answer_json
from payload.commands.talk import as_dict as _as_dict
from payload.commands.talk import say as _say
from payload.commands.usage import Command
from payload.commands.validate import validate
from payload.commands.world import world
from payload.errors import (
    NOWHERE,
    PayloadError,
    ScenarioError,
    exit_code_of,
    is_full_disk,
    is_nowhere,
)
from payload.jobs import check_jobs

if TYPE_CHECKING:
    from payload.api import RunResult

F = TypeVar("F", bound=Callable[..., None])
INTERRUPTED = 130

app = typer.Typer(
    name="payload-sim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate an Earth-observation payload that detects clouds on board: what reaches the ground that otherwise "
    "would not, when, and what does it cost?\n\n"
    "Start with:  payload-sim init first && payload-sim run first/mission.yaml",
)


def _command(function: F) -> F:
    """Make a function a command: a mistake of the user's is a sentence and an exit code, never a traceback."""

    @functools.wraps(function)
    def guarded(*args: object, **options: object) -> None:
        try:
            function(*args, **options)
            if sys.stdout is not None:  # as after `>&-`
                sys.stdout.flush()
        except PayloadError as error:
            _say(f"error: {error}")
            raise typer.Exit(exit_code_of(error)) from error
        except KeyboardInterrupt as error:
            _say("interrupted; no incomplete files are left")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(1) from None
        except OSError as error:
            where = "" if error.filename is None else f"{error.filename}: "
            said = NOWHERE if not where and is_nowhere() else error.strerror or error
            free = "; make room where results go, and in TMPDIR" if is_full_disk(error) else ""
            _say(f"error: {where}{said}{free}")
            raise typer.Exit(exit_code_of(error)) from error

    # The mark keeps an example on its line, so that it can be copied.
    text = inspect.cleandoc(function.__doc__ or "").replace("Example:", "\b\nExample:")
    app.command(help=text, cls=Command)(guarded)
    return function


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        _answer(__version__)
        raise typer.Exit


_command(init)


@_command
def run(
    scenario: ScenarioFile,
    overrides: Overrides = None,
    seed: Seed = None,
    out: ResultsParent = Path("results"),
    as_json: AsJson = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    memo: MemoPlace = None,  # noqa: ARG001 - it tells the environment
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Estimate what the run would take; fly nothing.")
    ] = False,
) -> None:
    """Fly a scenario with all its arms and write a report.

    Results go to FOLDER/<name>-<digest>; the last line printed is the path of the report.

    Example:  payload-sim run scenarios/quickstart.yaml --set pruning.max_cloud_cover=0.5
    """
    from payload.examination import check as examine
    from payload.run import run as fly
    from payload.scenario.options import refuse_remote

    refuse_remote([out])
    check_jobs(jobs, "--jobs")
    changes = with_seed(overrides, seed)
    checked = examine(scenario, changes)
    if estimate:
        from payload.estimate import estimate as expect

        expected = expect(checked)
        if as_json:
            _answer_json(_as_dict(expected))
        else:
            _answer(expected.sentence())
        return
    command = [
        "payload-sim",
        "run",
        str(scenario),
        *(word for change in changes for word in ("--set", change)),
    ]
    with _progress(quiet=quiet) as tell:
        result = fly(checked, out, tell=tell, command=command, jobs=jobs)
    for note in result.summary["notes"]:
        _say(f"note: {note}")
    if as_json:
        _answer_json({"folder": str(result.folder), **result.summary})
    else:
        _answer_run(result)


def _answer_run(result: "RunResult") -> None:
    from payload.analysis.words import answer, arms_table

    _answer(answer(result.summary))
    _answer("")
    for line in arms_table(result.summary):
        _answer(line)
    _answer("")
    for told in (result.summary["surrogate"], result.summary["sampled"]):
        if told:
            _answer(" ".join(told["sentences"]) + "\n")
    _answer(str(result.folder / "report.html"))


@_command
def check(scenario: ScenarioFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a scenario and all files it names; nothing is flown.

    Every error is reported with file, line and key, and the exit code is then 2. Anything merely unusual is reported as a note.

    Example:  payload-sim check scenarios/quickstart.yaml
    """
    from payload import examination

    checked = examination.check(scenario, overrides or [], lambda note: _say(f"note: {note}"))
    if as_json:
        _answer_json(
            {
                "name": checked.name,
                "digest": checked.digest,
                "scenario": checked.model_dump(mode="json"),
            }
        )
    else:
        _answer(
            f"{scenario}: valid ({checked.name}, {checked.duration_h:g} h, digest {checked.digest[:12]})"
        )


@_command
def schema() -> None:
    """Print the JSON Schema of a scenario.

    Every key with its type, bounds and meaning, including the options of all installed plug-ins.

    Example:  payload-sim schema > scenarios/schema.json
    """
    from payload import api

    _answer_json(api.json_schema())


@_command
def mask(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="GeoTIFFs with blue, green, red, NIR.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the masks.")],
    truth: Annotated[
        list[Path] | None,
        typer.Option(
            "--truth",
            metavar="MASK",
            help="Truth: 0 clear, 1 cloud, 2 shadow, 255 unknown. One per image.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="A packaged network by name, or an ONNX file.")
    ] = None,
    precision: Annotated[
        Literal["fp32", "int8"] | None, typer.Option("--precision", help="Of a packaged network.")
    ] = None,
    card: Annotated[
        Path | None, typer.Option("--card", help="The model's card; by default MODEL with .json.")
    ] = None,
    probability_threshold: Annotated[
        float | None,
        typer.Option(
            "--probability-threshold",
            help="A pixel is cloud from this probability; by default the card's.",
        ),
    ] = None,
    bands: Annotated[
        str, typer.Option("--bands", help="Band numbers of blue, green, red, NIR.")
    ] = "1,2,3,4",
    scale: Annotated[
        float | None,
        typer.Option(
            "--scale",
            help="Reflectance = value x scale + offset. Default: the file's own, else 1 for floats, 1e-4 for integers, 1/255 for 8 bits.",
        ),
    ] = None,
    offset: Annotated[
        float, typer.Option("--offset", help="Reflectance = value x scale + offset.")
    ] = 0.0,
    nodata: Annotated[
        float | None,
        typer.Option("--nodata", help="No-data value; by default as stated in the file."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Mask images of any size.

    Writes <stem>_mask.tif (0 clear, 1 cloud, 255 no data) and <stem>_probability.tif (-1 no data).

    With --truth, also prints IoU, F1, precision and recall.

    Example:  payload-sim mask scene.tif --out masks --truth scene_truth.tif
    """
    from payload import api
    from payload.masking.onnx_masker import OnnxMasker
    from payload.scenario.options import band_numbers, refuse_no_reflectance, refuse_remote, share

    cards = [Path(path) for path in (model, card) if path is not None]
    refuse_remote([out, *images, *(truth or []), *cards])
    limit = share(probability_threshold)
    masker = OnnxMasker(model=model, precision=precision, card=card, probability_threshold=limit)
    refuse_no_reflectance(scale, offset)
    how = api.Reading(bands=band_numbers(bands), scale=scale, offset=offset, nodata=nodata)
    with _progress(quiet=quiet) as tell:
        reports = api.mask(images, out, truths=truth or [], masker=masker, reading=how, tell=tell)
    for found in reports:
        for doubt in found.doubts:
            _say(f"note: {found.image}: {doubt}")
    if as_json:
        _answer_json([_as_dict(report) for report in reports])
    else:
        for found in reports:
            _answer(found.sentence())


@_command
def passes(scenario: ScenarioFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """List the contact windows of a scenario.

    That is, when each satellite rises above and sets below the elevation mask of each station.

    Example:  payload-sim passes scenarios/reference.yaml --json
    """
    from payload.examination import examine
    from payload.timetable import contact_list

    wanted = examine(scenario, overrides or [])
    found = contact_list.passes(wanted, lambda note: _say(f"note: {note}"))
    if as_json:
        _answer_json([_as_dict(item) for item in found])
        return
    _answer(
        f"{'satellite':<12} {'station':<16} {'AOS (UTC)':<24} {'LOS (UTC)':<24} {'s':>7} {'max deg':>8}"
    )
    for item in found:
        _answer(
            f"{item.satellite:<12} {item.station:<16} {item.aos_utc:<24} {item.los_utc:<24} "
            f"{item.los_s - item.aos_s:7.1f} {item.max_elevation_deg:8.2f}"
        )
    total_s = sum(item.los_s - item.aos_s for item in found)
    _answer(f"{len(found)} passes, {total_s:.1f} s")


@_command
def unpack(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Containers (*.tiles) from a downlink folder."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the GeoTIFFs.")],
    as_json: AsJson = False,
) -> None:
    """Restore GeoTIFFs from the downlinked containers, bit for bit.

    Pruned tiles become no-data. Records that fail verification are listed and omitted; if there are any, or a whole file is damaged, the exit code is 7.

    Example:  payload-sim unpack results/quickstart-*/downlink/*.tiles --out restored
    """
    from payload import api
    from payload.errors import CodecError
    from payload.scenario.options import refuse_remote

    refuse_remote([out, *files])
    if len({file.stem for file in files}) < len(files):
        raise ScenarioError(
            "two containers have the same name: their images would overwrite each other"
        )
    reports, failures = [], []
    for file in files:
        try:
            reports.append(api.unpack(file, out))
        except CodecError as error:
            failures.append(str(error))
    if as_json:
        _answer_json([_as_dict(report) for report in reports])
    else:
        for found in reports:
            _answer(found.sentence())
    failures += [report.problem() for report in reports if report.problem()]
    if failures:
        raise CodecError("\n".join(failures))


@_command
def compare(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="SCENARIO", help="The base, then any others.")
    ],
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="PATH.TO.KEY=V1[,V2…]",
            help="A variant for each value. Repeatable.",
        ),
    ] = None,
    cross: Cross = False,
    seeds: SeedCount = None,
    jobs: Jobs = None,
    out: EffectsFolder = None,
    retry: Retry = False,
    overrides: Overrides = None,
    seed: Seed = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    memo: MemoPlace = None,  # noqa: ARG001 - it tells the environment
) -> None:
    """Fly variants over the same world and compare them.

    All fly with the seed of the first, or with N seeds starting there (--seeds); differences are relative to the first, seed by seed. --cross flies every combination of values. A failed flight over seeds counts in no difference, and the exit code is 8.

    Example:  payload-sim compare scenarios/quickstart.yaml --what-if pruning.max_cloud_cover=0.3,0.9
    """
    from payload import api
    from payload.analysis.words import comparison_table
    from payload.scratch import scratch_folder

    changes = with_seed(overrides, seed)
    if cross and len(scenarios) > 1:
        raise ScenarioError("--cross needs one scenario and its what-ifs")
    settings = api.what_if_settings(what_if or [], cross=cross)
    flown = api.variants(scenarios[0], what_if or [], changes, cross=cross)
    flown += [(path.name, api.check(path, changes)) for path in scenarios[1:]]
    if len(flown) < 2:
        raise ScenarioError(
            "nothing to compare: give a second scenario or --what-if path.to.key=value"
        )
    if len(scenarios) > 1:
        flown[0] = (scenarios[0].name, flown[0][1])
    if cross or retry or seeds is not None or jobs is not None or out is not None:
        from payload.commands.compare import compare_rows

        compare_rows(flown, settings, seeds, jobs, out, retry=retry, as_json=as_json, quiet=quiet)
        return
    with (
        scratch_folder() as spool,
        _progress(quiet=quiet) as tell,
    ):
        comparison = api.compare(flown, spool, tell=tell)
    if as_json:
        _answer_json(comparison.as_dict())
    else:
        for line in comparison_table(comparison):
            _answer(line)
    for note in comparison.notes:
        _say(f"note: {note}")


@_command
def report(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A results folder.")],
) -> None:
    """Regenerate the page of a results folder, report.html.

    Example:  payload-sim report results/quickstart-*/
    """
    from payload import api

    _answer(str(api.report(folder)))


_command(world)
_command(validate)
_command(link)
_command(plan)
_command(profile)
_command(compress)
_command(sweep)
_command(optimise)
_command(query)
_command(serve)
_command(bench)
_command(calibrate)


@_command
def doctor(as_json: AsJson = False) -> None:
    """Check that this installation works.

    Checks packages, packaged data, the model and its card, and flies three hours.

    Example:  payload-sim doctor
    """
    import dataclasses

    from payload.doctor import examine

    findings = examine()
    if as_json:
        _answer_json([dataclasses.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _answer(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
