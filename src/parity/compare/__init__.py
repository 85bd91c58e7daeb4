"""The judge: classes first, then distance in ulp or bounds against the exact result. `judge.judge` is the way in."""
