"""What helpers of a flight know: the scenario as it is here, and the spool of who flies."""

import os
from pathlib import Path

import pytest

from payload.darkroom.memo import Memo
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.crew import Crew


def develop(assembly, memo, number):
    """Who has done it, where records go, and what is true of an image."""
    image = assembly.camera.expose(assembly.opportunities["one"][number])
    facts = memo.develop(image, keep_records=True)
    return os.getpid(), str(memo.spool), [fact.record_at is not None for fact in facts], facts


@pytest.mark.parametrize("keeps_records", [False, True])
def test_helpers_find_what_is_found_here_and_share_the_spool(
    keeps_records, write_scenario, tmp_path, monkeypatch
):
    """Second method: the same work here, in a spool of its own. Paths of the scenario are told from where one stands."""
    path = write_scenario()
    monkeypatch.chdir(path.parent)
    assembly = assemble(load_scenario(Path(path.name)))
    spool, alone = tmp_path / "spool", tmp_path / "alone"
    spool.mkdir()
    alone.mkdir()
    memo = Memo(assembly.darkroom, spool, keeps_records=keeps_records)
    with Crew(1, assembly, memo) as crew:
        for numbers in ([0, 1], [2]):  # the second time the helper knows it all
            share = crew.share(develop, numbers)
            found = share.finish(lambda _: pytest.fail("the helper has them all"))
            here = Memo(assembly.darkroom, alone, keeps_records=keeps_records)
            for number, (who, where, kept, facts) in zip(numbers, found, strict=True):
                assert who != os.getpid()
                assert where == str(spool)
                assert set(kept) == {keeps_records}
                assert facts == develop(assembly, here, number)[3]
    records = [{file.name for file in folder.glob("*.records")} for folder in (spool, alone)]
    assert records[0] == records[1]
    assert len(records[0]) == 3 * keeps_records
    with pytest.raises(ProcessLookupError):
        os.kill(found[0][0], 0)
