"""The account of a saving: why an arm sent fewer bytes than another, term by term, in terms that add up exactly.

In every arm the acquired bytes are pruned, saved, delivered, overflowed, lost or on board. So what one arm
delivered less than another equals what it acquired less, plus what it pruned, saved, lost, overflowed and left on board more.
"""

from dataclasses import dataclass

from payload.report.chart import ARM_WORDS
from payload.report.data import OWN_ARM, ReportData
from payload.report.evidence import Discard
from payload.report.words import pixels, share, size

MINUS = "\N{MINUS SIGN}"
TERMS: tuple[tuple[str, str, str, bool], ...] = (
    (
        "pruned",
        "Pruned as cloud",
        "Raw bytes of tiles dropped on board, minus those of the other arm.",
        True,
    ),
    (
        "saved",
        "Compressed",
        "Raw bytes minus records of kept tiles, minus the same of the other arm.",
        True,
    ),
    (
        "on_board",
        "Still waiting",
        "Neither sent nor saved: it may come down later or never.",
        False,
    ),
    ("overflowed", "Overflowed", "Found no room in memory: gone, not a saving.", False),
    ("lost", "Lost on the way", "Given up after too many retransmissions: not a saving.", False),
)
"""Fate, name, meaning, and whether it counts as a saving."""
BASES = ("raw", "compressed")


@dataclass(frozen=True, slots=True)
class Term:
    """A reason why fewer bytes were sent, or more (negative)."""

    name: str
    meaning: str
    bytes: int
    is_saving: bool

    @property
    def told(self) -> str:
        """The bytes, with a sign."""
        return signed(self.bytes)


@dataclass(frozen=True, slots=True)
class Account:
    """This scenario compared with another arm.

    Attributes:
        base: The other arm, in words.
        terms: They add up to `fewer_bytes`.
        fewer_bytes: [byte] Delivered tiles of the other arm minus those of this one.
        base_bytes: [byte] Delivered tiles of the other arm.
        regime: Whether the links were saturated, and what a difference then means.
    """

    base: str
    terms: tuple[Term, ...]
    fewer_bytes: int
    base_bytes: int
    regime: str

    @property
    def total(self) -> str:
        """The difference with its sign, and as a share of what the other arm delivered."""
        part = f" ({share(abs(self.fewer_bytes) / self.base_bytes)})" if self.base_bytes else ""
        return signed(self.fewer_bytes) + part

    @property
    def saved(self) -> str:
        """Sum of the terms that are savings."""
        return signed(sum(term.bytes for term in self.terms if term.is_saving))


def accounts(data: ReportData) -> tuple[Account, ...]:
    """This scenario compared with the bent pipe and with compression alone, if they were flown."""
    own = data.fates.get(OWN_ARM)
    if own is None:
        return ()
    return tuple(
        _account(data, own, data.fates[base], base) for base in BASES if data.fates.get(base)
    )


def _account(data: ReportData, own: dict[str, int], other: dict[str, int], base: str) -> Account:
    taken = sum(other.values()) - sum(own.values())
    terms = [
        Term(name, meaning, own.get(fate, 0) - other.get(fate, 0), is_saving)
        for fate, name, meaning, is_saving in TERMS
    ]
    if taken:
        why = (
            "Arms that detect cloud take targets again; the additional bytes have to go somewhere."
        )
        terms.append(Term("Taken more" if taken < 0 else "Taken less", why, taken, False))
    return Account(
        base=ARM_WORDS[base],
        terms=tuple(terms),
        fewer_bytes=other.get("delivered", 0) - own.get("delivered", 0),
        base_bytes=other.get("delivered", 0),
        regime=_regime(data, base),
    )


def _regime(data: ReportData, base: str) -> str:
    arm, own = data.arm(base), data.arm(OWN_ARM)
    if arm is None or own is None or arm.link_saturated is None:
        return ""
    word = ARM_WORDS[base]
    if arm.link_saturated:
        freed = (
            "still is: room freed by pruning and compression is filled with other tiles, so the gain shows in clear "
            "ground and not in bytes."
            if own.link_saturated
            else "no longer is: room freed by pruning and compression is filled with other tiles first, so the gain "
            "shows in clear ground, and only beyond that in bytes."
        )
        return (
            f"The link of the arm \N{LEFT DOUBLE QUOTATION MARK}{word}\N{RIGHT DOUBLE QUOTATION MARK} is saturated; "
            f"that of this scenario {freed}"
        )
    freed = (
        ", but its memory overflows: room freed there by pruning and compression is filled with other tiles."
        if arm.overflowed_bytes
        else ": pruning and compression free link time and bring no more of the same images down."
    )
    return (
        f"The link of the arm \N{LEFT DOUBLE QUOTATION MARK}{word}\N{RIGHT DOUBLE QUOTATION MARK} is not saturated"
        f"{freed}"
    )


def signed(count_bytes: int) -> str:
    """Bytes with a sign."""
    return f"{MINUS if count_bytes < 0 else '+' if count_bytes else ''}{size(abs(count_bytes))}"


@dataclass(frozen=True, slots=True)
class DiscardRow:
    """Clear ground thrown away on one surface or at one place, as text."""

    name: str
    thrown: str
    part: str
    percent: float
    tiles: str


def discard_rows(found: tuple[Discard, ...]) -> tuple[DiscardRow, ...]:
    """The clear pixels thrown away, with their share of those taken there."""
    return tuple(
        DiscardRow(
            name=item.name,
            thrown="unknown" if item.thrown_px is None else pixels(item.thrown_px),
            part="unknown" if part is None else share(part),
            percent=round(100 * (part or 0.0), 2),
            tiles=f"{item.pruned:,} of {item.tiles:,}",
        )
        for item in found
        for part in (_part(item),)
    )


def _part(item: Discard) -> float | None:
    if item.thrown_px is None or item.clear_px is None:
        return None
    return item.thrown_px / item.clear_px if item.clear_px else 0.0
