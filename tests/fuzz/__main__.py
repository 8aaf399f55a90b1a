"""`python -m fuzz`, for `.ci/fuzz`."""

import sys

from fuzz.runner import main

sys.exit(main())
