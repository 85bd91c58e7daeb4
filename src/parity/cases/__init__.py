"""Planning: from the catalogue to an ordered list of cases, with the elements that they read."""
