"""Property tests draw the same examples everywhere, so that a failure on one machine is a failure on all."""

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")
