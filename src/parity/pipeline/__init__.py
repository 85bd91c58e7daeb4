"""The order of things: each module is one job as a straight line. Stages never import each other; only these do."""
