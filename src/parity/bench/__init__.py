"""How fast: the protocol of timing, statistics, baselines and the gate. It measures, compares, and writes nothing."""
