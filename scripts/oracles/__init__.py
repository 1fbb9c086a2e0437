"""Oracles: what other people's implementations give on the bundled recordings. A module a category of the catalogue."""
