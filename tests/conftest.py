"""What holds for every test."""

from hypothesis import settings

# A busy machine is no failure: speed is measured in tests/benchmarks/, not here.
# The same examples each time: what a change breaks is told from what was never found. New ones are searched for with
# `--hypothesis-profile=search`; what they find becomes an example of its scanner or parser.
settings.register_profile("confmend", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("confmend")
