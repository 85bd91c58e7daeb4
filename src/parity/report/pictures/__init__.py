"""Pictures of measurements: each one self-contained SVG, which a browser shows with no network, in light and dark."""
