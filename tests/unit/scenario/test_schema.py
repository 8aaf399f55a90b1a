"""The schema that editors use is the one the program checks by."""

import json

from payload import api
from payload.registry import SOCKETS, kinds, options_model


def test_the_committed_schema_is_what_the_program_prints(root):
    committed = json.loads((root / "scenarios" / "schema.json").read_text(encoding="utf-8"))
    assert committed == api.json_schema(), "renew it: payload-sim schema > scenarios/schema.json"


def test_every_scenario_names_the_schema_in_its_first_line(root):
    for path in (root / "scenarios").glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=schema.json", path.name


def test_every_key_of_a_scenario_is_described():
    def undescribed(schema, at):
        for name, part in schema.get("properties", {}).items():
            if not {"description", "const", "$ref"} & part.keys():
                yield f"{at}.{name}"
        for key in ("$defs", "oneOf"):
            parts = schema.get(key, {})
            for name, part in parts.items() if isinstance(parts, dict) else enumerate(parts):
                yield from undescribed(part, f"{at}/{name}")

    assert not list(undescribed(api.json_schema(), "scenario"))


def test_every_option_of_every_plug_in_is_described():
    for socket in SOCKETS:
        for kind in kinds(socket):
            for name, field in options_model(socket, kind).model_fields.items():
                assert field.description, f"{socket} {kind} {name}"
