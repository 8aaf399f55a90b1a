# Development tasks; `just` lists them. All run in the active environment (extra `test`).

default:
    @just --list

# Check lint and format, as CI does
lint:
    ruff check .
    ruff format --check .

# Check types, strictly
types:
    mypy

# Check that imports only go down, and that each third-party package stays in its room
floors:
    lint-imports

# Run the fast tests (minutes)
test *ARGS:
    python -m pytest -n 2 -m "not slow" {{ARGS}}

# Run the slow tests (at most 20 minutes each)
slow:
    python -m pytest -m slow --timeout 1200

# Feed a million damaged records to every decoder (hours for all; resumes where it was stopped)
fuzz *ARGS:
    .ci/fuzz {{ARGS}}

# Rebuild the table of codecs on real tiles (some minutes; needs labelled images in $PAYLOAD_SIM_DATA/clouds)
codecs:
    payload-sim compress --tiles results/codecs/tiles.json --data "$PAYLOAD_SIM_DATA/clouds" --out results/codecs

# Run the benchmarks: ratios, each measured within one run
bench:
    python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=min,median,rounds

# Test with the newest Python installed, and with the lowest versions of dependencies
matrix:
    sh .ci/matrix

# Run all of CI's checks on the tree
check: lint types floors test

# Retake README's picture of the report (needs chromium)
picture:
    sh .ci/picture

# Refit the packaged surrogate; needed whenever world, default masker or codec change (some minutes)
surrogate:
    payload-sim calibrate --out payload/data/surrogates/default.json

# Refit the surrogates of real missions' cameras, then validate all those missions (half an hour)
missions:
    for name in landsat-8 dove phi-sat-2 sentinel-2; do \
        payload-sim calibrate scenarios/missions/$name.yaml --set fidelity=pixels --set surrogate.file=null \
            --scenes 150 --out scenarios/missions/$name.surrogate.json; \
    done
    payload-sim validate --out results/validation

# Rewrite the schema with which editors complete scenarios
schema:
    payload-sim schema > scenarios/schema.json
