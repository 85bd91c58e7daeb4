"""What one element costs: scalar functions that the loops of `parity_kernels.loops` are put together from.

Integers wrap around because the loop truncates what a function returns to the width of the output. float16 arrives as
float32 and is rounded once on its way out.
"""
