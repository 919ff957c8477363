"""Kernel families, one file each: how it plans, what it costs, which sizes are its corners. Found by name."""
