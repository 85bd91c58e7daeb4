"""The directory of one run: everything needed to look at it again."""
