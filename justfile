# The habits of the house; `just` lists them. Everything runs in the active environment (extra `test`).

default:
    @just --list

# Lint and format, as CI checks them
lint:
    ruff check .
    ruff format --check .

# Types, strict
types:
    mypy

# Imports go down only, and each guest lives in its room
floors:
    lint-imports

# The tests that run in minutes
test *ARGS:
    python -m pytest -n 2 -m "not slow" {{ARGS}}

# The long ones; at most 20 minutes
slow:
    python -m pytest -m slow --timeout 1200

# A million damaged records into every decoder (hours for all; goes on where it was stopped)
fuzz *ARGS:
    .ci/fuzz {{ARGS}}

# The table of codecs on real tiles (some minutes; labelled images in $PAYLOAD_SIM_DATA/clouds)
codecs:
    payload-sim compress --tiles results/codecs/tiles.json --data "$PAYLOAD_SIM_DATA/clouds" --out results/codecs

# Ratios measured in one run
bench:
    python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=min,median,rounds

# Newest Python that is here, lowest versions of what we need, wheel alone
matrix:
    sh .ci/matrix

# All that CI checks of the tree
check: lint types floors test

# The picture of the report in README (needs chromium)
picture:
    sh .ci/picture

# The packaged surrogate, whenever world, default masker or codec have changed (some minutes)
surrogate:
    payload-sim calibrate --out payload/data/surrogates/default.json

# What real missions are measured by: surrogates of their cameras, then all flights (half an hour)
missions:
    for name in landsat-8 dove phi-sat-2 sentinel-2; do \
        payload-sim calibrate scenarios/missions/$name.yaml --set fidelity=pixels --set surrogate.file=null \
            --scenes 150 --out scenarios/missions/$name.surrogate.json; \
    done
    payload-sim validate --out results/validation

# The schema that editors complete scenarios with
schema:
    payload-sim schema > scenarios/schema.json
