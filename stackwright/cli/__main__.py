"""`python -m stackwright.cli` is `stackwright`."""

from stackwright.cli import main

main()
