"""Every persisted or received document, as a strict model with a schema version."""
