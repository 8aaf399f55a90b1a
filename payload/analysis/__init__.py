"""Figures from ledgers: `summarise` builds the summary that programs read, `compare` sets flights side by side."""

from payload.analysis.compare import Comparison, compare
from payload.analysis.metrics import SCHEMA_VERSION, Flown, summarise

__all__ = ["SCHEMA_VERSION", "Comparison", "Flown", "compare", "summarise"]
