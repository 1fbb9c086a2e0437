"""`python -m nanotick` is the `nanotick` command."""

import sys

from nanotick.cli import main

sys.exit(main())
