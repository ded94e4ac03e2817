"""The local engine: bitmaps counted by NumPy or, past a size, by numba."""
