"""What is worked on, and for how long already: a line on a terminal while images are."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, str], None]]:
    """A line on a terminal's stderr that tells what is worked on, and for how long already."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _item: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        count = 0

        def tell(what: str, item: str) -> None:
            nonlocal count
            count += 1
            bar.update(task, description=f"{what}: image {count}, {item[:48]}".replace("[", "("))

        yield tell
