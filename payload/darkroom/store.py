"""A memo on disk: the results of pixel work, by the digest of everything that determines them.

    <place>/<two digits>/<digest>.facts     a format line, a checksum of digest and JSON, JSON
    <place>/<two digits>/<digest>.records   the tile records as they were spooled, if they were kept
    <place>/.payload-sim-tally              total size in bytes; locked by the process that writes

Each file is written under a temporary name and renamed, so that others may read meanwhile. A file that is damaged, truncated,
of another format or of another key counts as absent and is replaced; a folder in its place counts as absent and stays. Nothing
is ever unpickled or executed. The folder is the user's own (0700); one that others may write to is not used, and any other files
in it are neither counted nor removed. Disk problems never fail a run: the work is done again instead. On a disk that is nearly
full some space is left for others, and nothing more is kept.
"""

import errno
import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import IO

from pydantic import TypeAdapter, ValidationError

from payload.darkroom.facts import TileFacts
from payload.errors import ScenarioError
from payload.provenance import digest_bytes
from payload.scratch import Lock, hold_soon

PLACE, LIMIT = "PAYLOAD_SIM_MEMO", "PAYLOAD_SIM_MEMO_MB"
"""Environment variables: a folder or `off`; how large it may grow [MB]."""
LIMIT_MB = 2000
OFF = "off"

_FORMAT = b"payload-sim memo 2\n"
_FACTS, _RECORDS, _PARTIAL = ".facts", ".records", ".partial"
_OURS = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}\.(facts|records)(\.[0-9a-f]+\.partial)?")
"""Names of the files of a memo, within its folder."""
_TALLY, _DIGITS = ".payload-sim-tally", 20
_ROOM = 0.9  # of the limit remains in use after an eviction, so that not every write evicts
_PATIENCE_S = 2.0  # how long to wait for another process to finish writing; then no more is kept
_ABANDONED_S = 3600.0  # a file whose writing began this long ago will never be complete
_AHEAD_S = 86_400.0  # a last use this far ahead is due to a wrong clock: time unknown
_LEFT_SHARE, _MOST_LEFT_BYTES = 0.15, 4_000_000_000
"""Share of the disk, and the most of it, left free for others, which may not cope with a full one. Source: journald.conf(5),
`SystemKeepFree=`, for a machine's logs, which can also be dispensed with."""
_LOOK_AGAIN_SHARE = 0.02
"""Share of the limit that may be written before what other processes wrote is counted, too."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a piece of work.

    Attributes:
        facts: Of its tiles, in grid order; if there are records, with where each starts.
        records_sha256: Digest of the records; None where none were kept.
    """

    facts: tuple[TileFacts, ...]
    records_sha256: str | None


_ENTRY = TypeAdapter(Entry)


@dataclass
class Store:
    """Entries by key in a folder of limited size; the least recently used are evicted first.

    Attributes:
        place: The folder.
        limit_bytes: [byte] How large it may grow.
        found: How often a requested entry was found.
    """

    place: Path
    limit_bytes: int
    found: int = 0
    _is_counted: bool = field(default=False, init=False)
    _written_bytes: int = field(default=0, init=False)
    _works: bool = field(default=True, init=False)

    def read(self, key: str, spool: Path | None) -> tuple[TileFacts, ...] | None:
        """The facts of a piece of work, its records written to the file `spool`; None if they are not there."""
        path = self._path(key)
        try:
            entry = _unpacked(key, path.with_suffix(_FACTS).read_bytes())
            if spool is not None:
                records = path.with_suffix(_RECORDS).read_bytes()
                if digest_bytes(records) != entry.records_sha256:
                    raise ValueError("damaged")  # noqa: TRY301 - treated like anything absent
                spool.write_bytes(records)
                _mark_used(path.with_suffix(_RECORDS))
            _mark_used(path.with_suffix(_FACTS))
        except (OSError, ValueError):
            return None
        self.found += 1
        return entry.facts

    def holds(self, key: str, *, records: bool) -> bool:
        """Whether there are facts of a piece of work, and its records if wanted; they are not checked for damage."""
        path = self._path(key)
        wanted = (_FACTS, _RECORDS) if records else (_FACTS,)
        return all(path.with_suffix(suffix).is_file() for suffix in wanted)

    def write(self, key: str, facts: tuple[TileFacts, ...], spool: Path | None) -> None:
        """Keep the facts of a piece of work, and its records from the file `spool`."""
        if not self._works:
            return
        path = self._path(key)
        try:
            records = None if spool is None else spool.read_bytes()
            sha256 = None if records is None else digest_bytes(records)
            told = _packed(key, Entry(facts, sha256))
            size_bytes = len(told) + len(records or b"")
            if size_bytes > self.limit_bytes:
                return
            with _opened(self.place / _TALLY) as tally:
                lock = hold_soon(tally, _PATIENCE_S)
                if lock is Lock.ANOTHERS:
                    raise TimeoutError(errno.ETIMEDOUT, "another process keeps it locked")
                _check_free(self.place, size_bytes)
                self._make_room(size_bytes, tally, is_alone=lock is Lock.OURS)
                with suppress(FileExistsError, IsADirectoryError):  # not ours, so it stays
                    path.parent.mkdir(mode=0o700, exist_ok=True)
                    if records is not None:
                        _put(path.with_suffix(_RECORDS), records)
                    if records is not None or not self._has_records(path):
                        _put(path.with_suffix(_FACTS), told)
        except OSError as error:
            self._works = False
            _log.warning("no more is stored in the memo %s: %s", self.place, error.strerror)

    def _path(self, key: str) -> Path:
        return self.place / key[:2] / key

    @staticmethod
    def _has_records(path: Path) -> bool:
        """Whether another process has stored the same work, including records, in the meantime."""
        try:
            entry = _unpacked(path.name, path.with_suffix(_FACTS).read_bytes())
        except (OSError, ValueError):
            return False
        return entry.records_sha256 is not None

    def _make_room(self, size_bytes: int, tally: IO[bytes], *, is_alone: bool) -> None:
        """Add a new entry's size to the tally, and evict the least recently used entries if the limit would be exceeded."""
        self._written_bytes += size_bytes
        is_stale = self._written_bytes > _LOOK_AGAIN_SHARE * self.limit_bytes
        known_bytes = _told(tally)
        if known_bytes is None or not self._is_counted or is_stale:
            known_bytes = self.limit_bytes  # so that it is counted
        all_bytes = known_bytes + size_bytes
        if all_bytes > self.limit_bytes:
            files = sorted(self._files(is_alone=is_alone))
            self._is_counted, self._written_bytes = True, 0
            all_bytes = size_bytes + sum(each_bytes for _, each_bytes, _ in files)
            if all_bytes > self.limit_bytes:
                all_bytes -= _let_go(files, all_bytes - round(self.limit_bytes * _ROOM))
        _tell(tally, all_bytes)

    def _files(self, *, is_alone: bool) -> list[tuple[float, int, Path]]:
        """Last use [s], size [byte] and path of each file; half-written files of killed processes are removed.

        Args:
            is_alone: Whether no other process is writing.
        """
        found = []
        now_s = time.time()
        for path in self.place.glob("??/*"):
            if not _OURS.fullmatch(path.relative_to(self.place).as_posix()):
                continue
            try:
                about = path.stat()
            except FileNotFoundError:  # another process was faster
                continue
            if not stat.S_ISREG(about.st_mode):
                continue
            used_s = about.st_mtime if about.st_mtime < now_s + _AHEAD_S else 0.0
            if path.suffix != _PARTIAL:
                found.append((used_s, about.st_size, path))
            elif is_alone or now_s - used_s > _ABANDONED_S:
                path.unlink(missing_ok=True)
        return found


def _check_free(place: Path, size_bytes: int) -> None:
    """Raise OSError if writing `size_bytes` more would leave too little of the disk for others."""
    disk = shutil.disk_usage(place)
    left_bytes = min(_LEFT_SHARE * disk.total, _MOST_LEFT_BYTES)
    if disk.free - size_bytes < left_bytes:
        said = (
            f"its disk has {disk.free / 1e6:,.0f} MB free, and {left_bytes / 1e6:,.0f} MB are left"
            " to others"
        )
        raise OSError(errno.ENOSPC, said)


def _opened(path: Path) -> IO[bytes]:
    """Open a file private to this user for reading and writing; created if it does not exist."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def _told(tally: IO[bytes]) -> int | None:
    """[byte] Size of the memo as last recorded; None if it is not known."""
    tally.seek(0)
    told = tally.read(_DIGITS)
    return int(told) if len(told) == _DIGITS and told.isdigit() else None


def _tell(tally: IO[bytes], size_bytes: int) -> None:
    tally.seek(0)
    tally.write(b"%0*d" % (_DIGITS, size_bytes))
    tally.flush()


def _let_go(files: Sequence[tuple[float, int, Path]], wanted_bytes: int) -> int:
    """[byte] Remove files, first ones first, until `wanted_bytes` are freed; return how much that was."""
    gone_bytes = 0
    for _, each_bytes, path in files:
        if gone_bytes >= wanted_bytes:
            break
        path.unlink(missing_ok=True)
        gone_bytes += each_bytes
    return gone_bytes


def find_store(environment: Mapping[str, str] = os.environ) -> Store | None:
    """The memo named by the environment, by default in the user's cache folder; None if it is off or unusable.

    Raises:
        ScenarioError: Its limit is not a whole number of megabytes.
    """
    named = environment.get(PLACE, "").strip()
    if named.lower() == OFF:
        return None
    limit = environment.get(LIMIT, "").strip() or str(LIMIT_MB)
    if not limit.isdecimal():
        raise ScenarioError(f"{LIMIT} is {limit!r}; expected a whole number of megabytes")
    try:
        place = Path(named).expanduser() if named else _cache(environment)
    except RuntimeError as error:  # no user of that name, or one without a home
        _log.warning("no memo: %s", error)
        return None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(place)
    except FileExistsError:
        _log.warning("no memo in %s: it is not a folder", place)
        return None
    except OSError as error:
        _log.warning("no memo in %s: %s", place, error.strerror or error)
        return None
    return Store(place, int(limit) * 1_000_000)


def _cache(environment: Mapping[str, str]) -> Path:
    """Source: XDG Base Directory Specification 0.8, `XDG_CACHE_HOME`: absolute, else `~/.cache`."""
    base = Path(environment.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path("~/.cache").expanduser()) / "payload-sim"


def _check_private(place: Path) -> None:
    """Raise PermissionError if others own or can write to the folder: they could plant results there."""
    owner: Callable[[], int] | None = getattr(os, "getuid", None)  # not on every system
    if owner is None:
        return
    about = place.stat()
    if {about.st_uid, place.lstat().st_uid} != {owner()}:  # for a link, its owner counts too
        raise PermissionError(None, "the folder belongs to another user")
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(None, "other users can write to the folder; run `chmod 700` on it")


def _mark_used(path: Path) -> None:
    """Mark a file as just used; in a folder that cannot be written to this is skipped."""
    with suppress(OSError):
        os.utime(path)


def _put(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{token_hex(8)}{_PARTIAL}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _packed(key: str, entry: Entry) -> bytes:
    body = _ENTRY.dump_json(entry)
    return _FORMAT + _checksum(key, body) + b"\n" + body


def _checksum(key: str, body: bytes) -> bytes:
    """Checksum that includes the key, so that a file renamed or restored under another name cannot pass for another view."""
    return digest_bytes(key.encode() + b"\n" + body).encode()


def _unpacked(key: str, told: bytes) -> Entry:
    """The entry in a file.

    Raises:
        ValueError: It is damaged, of another format, or of another key.
    """
    checksum, _, body = told.removeprefix(_FORMAT).partition(b"\n")
    if not told.startswith(_FORMAT) or _checksum(key, body) != checksum:
        raise ValueError("damaged")
    try:
        return _ENTRY.validate_json(body)
    except ValidationError as error:
        raise ValueError("of another format") from error
