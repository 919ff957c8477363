"""The benchmark: our kernels and whichever peers are installed, side by side in one process and one run.

    layers    what is timed: the default set, or a user's file
    limits    what the machine can do, measured in the same run
    peers     how each library is called; weights constant, buffers warm
    harness   check against float64, then shuffled rounds; medians with their spread
    report    tables and pictures
"""
