"""What all tests share: Hypothesis tries the same examples on every machine, and keeps no files."""

from hypothesis import settings

settings.register_profile("parity", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("parity")
