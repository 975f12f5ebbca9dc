"""What holds for every test."""

from hypothesis import settings

# A busy machine is no failure: speed is measured in tests/benchmarks/, not here.
settings.register_profile("confmend", deadline=None)
settings.load_profile("confmend")
