"""What is fuzzed, by name: every codec that is installed, the cover report, the container."""

from fuzz.containers import make_containers
from fuzz.corpus import make_corpus
from fuzz.reports import make_reports

from payload.registry import kinds

OTHERS = {"cover-report": make_reports, "container": make_containers}


def names():
    """All of them."""
    return [*kinds("payload.codec"), *OTHERS]


def make_target(name):
    """A codec by its kind or as `module:Class`, or one of the others."""
    return OTHERS[name]() if name in OTHERS else make_corpus(name)
