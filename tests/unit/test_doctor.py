"""What `payload-sim doctor` tells of an installation that works."""

import re

from payload.doctor import examine


def test_all_is_well_and_one_image_is_no_images():
    """The flight takes a single image in view of one station."""
    findings = examine()
    assert all(finding.ok for finding in findings)
    assert findings[-1].what == "flight"
    assert re.match(r"1 image, [2-9] contacts, ", findings[-1].detail)
