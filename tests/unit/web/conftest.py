"""A site with one surrogate scenario that flies in a blink, and the results of two flights of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import write_small
from starlette.testclient import TestClient

from payload import api
from payload.web.guard import TOKEN_HEADER
from payload.web.serve import make_site
from payload.web.site import Site

PORT = 8765
HOME = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Served:
    """A site, who asks it, and where its files lie."""

    site: Site
    client: TestClient
    token: str
    results: Path
    scenarios: Path

    def post(self, path, body, **headers):
        """As the page does."""
        own = {TOKEN_HEADER: self.token, "origin": HOME, "sec-fetch-site": "same-origin"}
        return self.client.post(path, json=body, headers={**own, **headers})


@pytest.fixture(scope="session")
def flown_once(tmp_path_factory, small_surrogate):
    """Folders of scenarios and of results: two flights that differ in the rate of the link."""
    folder = tmp_path_factory.mktemp("flown")
    (folder / "scenarios").mkdir()
    path = write_small(
        folder / "scenarios",
        fidelity="surrogate",
        surrogate={"file": str(small_surrogate)},
        duration_h=3,
        description='<b>bold</b> & "quoted"',
    )
    (folder / "scenarios" / "sweep.yaml").write_text("base: small.yaml\n")
    for rate in (1, 0.0001):
        api.run(api.check(path, [f"link.rate_mbps={rate}"]), folder / "results")
    return folder


@pytest.fixture
def flown(flown_once, tmp_path):
    """The same, for one test alone: what it flies is seen by no other."""
    return shutil.copytree(flown_once, tmp_path / "flown", copy_function=os.link)


@pytest.fixture
def served(flown):
    site = make_site(flown / "results", flown / "scenarios")
    guard = site.app(PORT)
    with TestClient(guard, base_url=HOME) as client:
        yield Served(site, client, guard.token, flown / "results", flown / "scenarios")
