"""Plug-ins: ours are declared as a stranger's would be, and refuse what they do not know."""

import dataclasses
import tomllib
from importlib.metadata import entry_points

import pytest
from pydantic import ValidationError

from payload import registry
from payload.errors import PluginError


def test_the_installed_entry_points_are_those_of_pyproject(root):
    declared = tomllib.loads((root / "pyproject.toml").read_text())["project"]["entry-points"]
    assert set(declared) == set(registry.SOCKETS)
    for socket, kinds in declared.items():
        installed = {entry.name: entry.value for entry in entry_points(group=socket)}
        assert kinds.items() <= installed.items(), "reinstall: pip install -e ."


@pytest.mark.parametrize("socket", registry.SOCKETS)
def test_every_plug_in_is_a_frozen_dataclass(socket):
    for kind in registry.kinds(socket):
        cls = registry.plugin(socket, kind)
        assert dataclasses.is_dataclass(cls)
        assert cls.__dataclass_params__.frozen, kind


def test_an_unknown_kind_names_the_nearest_and_the_known_ones():
    with pytest.raises(
        PluginError, match=r"did you mean 'med-zstd'\? \(known: .*\bmed-zstd, .*raw\b.*\)"
    ):
        registry.build("payload.codec", "med-zst", {})


def test_an_unknown_or_bad_option_is_refused():
    with pytest.raises(ValidationError):
        registry.build("payload.codec", "med-zstd", {"levle": 3})
    with pytest.raises(ValidationError):
        registry.build("payload.codec", "med-zstd", {"level": 99})


def test_a_plug_in_takes_of_what_the_wiring_knows_only_what_it_has_a_field_for():
    first = registry.build("payload.scene_source", "synthetic", {}, seed=5, moon="full")
    assert first == registry.build("payload.scene_source", "synthetic", {}, seed=5)
    assert first != registry.build("payload.scene_source", "synthetic", {}, seed=6)
