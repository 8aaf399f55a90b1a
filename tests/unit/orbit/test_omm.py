import csv
import io
import json
import math

import pytest

from payload.errors import OrbitError
from payload.orbit.elements import from_tle
from payload.orbit.omm import from_omm_file

# The same element set, once in lines and four times in words.
LINES = (
    "1 25544U 98067A   20029.54791435  .00001264  00000-0  29621-4 0  9998",
    "2 25544  51.6434 322.3242 0005111 205.9690  94.5900 15.49180547210455",
)
FIELDS = {
    "OBJECT_NAME": "ISS (ZARYA)",
    "OBJECT_ID": "1998-067A",
    "EPOCH": "2020-01-29T13:08:59.799840",
    "MEAN_MOTION": "15.49180547",
    "ECCENTRICITY": ".0005111",
    "INCLINATION": "51.6434",
    "RA_OF_ASC_NODE": "322.3242",
    "ARG_OF_PERICENTER": "205.9690",
    "MEAN_ANOMALY": "94.5900",
    "EPHEMERIS_TYPE": "0",
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": "799501234",
    "ELEMENT_SET_NO": "999",
    "REV_AT_EPOCH": "21045",
    "BSTAR": ".29621E-4",
    "MEAN_MOTION_DOT": ".1264E-4",
    "MEAN_MOTION_DDOT": "0",
}
METADATA = {
    "CENTER_NAME": "EARTH",
    "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC",
    "MEAN_ELEMENT_THEORY": "SGP4",
}


def numbers(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def as_json(fields):
    return json.dumps([{key: numbers(value) for key, value in fields.items()}])


def as_csv(fields):
    return ",".join(fields) + "\n" + ",".join(fields.values()) + "\n"


def as_kvn(fields):
    units = {"INCLINATION": " [deg]", "MEAN_MOTION": " [rev/day]"}
    rows = [f"{key:<20} = {value}{units.get(key, '')}" for key, value in fields.items()]
    return "\n".join(("CCSDS_OMM_VERS = 2.0", "COMMENT made = by hand", "", *rows))


def as_xml(fields):
    leaves = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ndm xmlns="urn:ccsds:schema:ndmxml"><omm id="x"><body>'
        f"<segment><metadata/><data><meanElements>{leaves}</meanElements></data></segment>"
        "</body></omm></ndm>"
    )


FORMS = {"json": as_json, "csv": as_csv, "kvn": as_kvn, "xml": as_xml}


def read(tmp_path, text):
    path = tmp_path / "elements.omm"
    path.write_text(text, encoding="utf-8")
    return from_omm_file(path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("metadata", [{}, METADATA])
def test_every_form_gives_the_orbit_of_the_two_lines(tmp_path, form, metadata):
    record = read(tmp_path, FORMS[form](metadata | FIELDS))
    expected = from_tle(LINES)
    for minutes in (0.0, 90.0, 1440.0):
        code, position, velocity = record.sgp4(
            expected.jdsatepoch, expected.jdsatepochF + minutes / 1440.0
        )
        _, wanted_position, wanted_velocity = expected.sgp4_tsince(minutes)
        assert code == 0
        assert math.dist(position, wanted_position) < 1e-5
        assert math.dist(velocity, wanted_velocity) < 1e-8


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EPOCH": ""}, "EPOCH is ''"),
        ({"EPOCH": "yesterday"}, "EPOCH is 'yesterday'"),
        ({"EPOCH": "2020-13-29T00:00:00"}, "EPOCH is '2020-13-29T00:00:00': month"),
        ({"EPOCH": "2020-000T00:00:00"}, "which is not a valid date"),
        ({"EPOCH": "2020-367T00:00:00"}, "which is not a valid date"),
        ({"EPOCH": "2025-366T00:00:00"}, "which is not a valid date"),
        ({"EPOCH": "9999-12-31T23:59:60.5"}, "EPOCH is '9999-12-31T23:59:60.5': date"),
        ({"MEAN_MOTION": ""}, "MEAN_MOTION is missing"),
        ({"MEAN_MOTION": "-1"}, "MEAN_MOTION is '-1"),
        ({"ECCENTRICITY": "1.5"}, "ECCENTRICITY is '1.5'; expected a number from 0 to 1"),
        ({"INCLINATION": "steep"}, "INCLINATION is 'steep'"),
        ({"RA_OF_ASC_NODE": "nan"}, "RA_OF_ASC_NODE is 'nan'"),
        ({"BSTAR": "inf"}, "BSTAR is 'inf'"),
        ({"MEAN_MOTION": "17.9"}, "not describe an orbit that SGP4 can fly"),
        ({"REF_FRAME": "GCRF"}, "REF_FRAME is 'GCRF'; expected TEME"),
        ({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY is 'SGP4-XP'"),
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM is 'TAI'"),
        ({"CENTER_NAME": "MARS"}, "CENTER_NAME is 'MARS'"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, form, change, message):
    with pytest.raises(OrbitError, match=message) as caught:
        read(tmp_path, FORMS[form](METADATA | FIELDS | change))
    assert "elements.omm" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "[1, 2]",
        "[]",
        '"EPOCH"',
        "<omm>",
        "<omm/>",
        "[" * 100_000,
        "EPOCH,MEAN_MOTION\n",
        "EPOCH,MEAN_MOTION\n" + "1" * 200_000,
        "EPOCH = x\nno sign here",
        '<!DOCTYPE x [<!ENTITY a "b">]><omm>&a;</omm>',
        as_json(FIELDS)[:-1] + "," + as_json(FIELDS)[1:],
        as_csv(FIELDS) + ",".join(FIELDS.values()),
        as_kvn(FIELDS) + "\n" + as_kvn(FIELDS),
        as_xml(FIELDS).replace("<body>", "<body><segment><a/></segment>"),
    ],
)
def test_a_file_that_is_not_one_message_is_refused(tmp_path, text):
    with pytest.raises(OrbitError, match=r"elements\.omm"):
        read(tmp_path, text)


def test_a_csv_may_quote_its_words_and_hold_equals_signs(tmp_path):
    named = FIELDS | {"OBJECT_NAME": "A=B, C"}
    out = io.StringIO()
    writer = csv.DictWriter(out, named, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerow(named)
    found, plain = read(tmp_path, out.getvalue()), read(tmp_path, as_csv(FIELDS))
    assert (found.no_kozai, found.jdsatepochF) == (plain.no_kozai, plain.jdsatepochF)
    bare = read(tmp_path, as_csv(FIELDS | {"OBJECT_NAME": "A=B"}))
    assert bare.jdsatepochF == plain.jdsatepochF


def test_the_day_of_the_year_and_a_z_are_read(tmp_path):
    plain = read(tmp_path, as_kvn(FIELDS))
    other = read(tmp_path, as_kvn(FIELDS | {"EPOCH": "2020-029T13:08:59.799840Z"}))
    assert other.jdsatepoch == plain.jdsatepoch
    assert other.jdsatepochF == plain.jdsatepochF


def test_the_last_day_of_a_leap_year_and_a_leap_second_are_read(tmp_path):
    new_year, *others = (
        read(tmp_path, as_kvn(FIELDS | {"EPOCH": epoch}))
        for epoch in ("2017-01-01T00:00:00", "2016-366T23:59:60", "2016-12-31T23:59:60.0Z")
    )
    for other in others:
        assert other.jdsatepoch + other.jdsatepochF == new_year.jdsatepoch + new_year.jdsatepochF


def test_drag_may_be_left_out(tmp_path):
    bare = {key: FIELDS[key] for key in FIELDS if key not in {"BSTAR", "EPHEMERIS_TYPE"}}
    assert read(tmp_path, as_json(bare)).bstar == 0.0
