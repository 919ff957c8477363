"""The benchmark: our kernels and whichever peers are installed, in turns in one run, a process each.

    layers    what is timed: the default set of a map, or a user's file
    limits    what the machine can do, measured in the same run
    ours      how our kernels are called        peers   the libraries and the layouts they are called in (how: ``convt.peers``)
    exact     the maps in float64               check   whether a method computes them
    worker    the process of one library        harness   shuffled rounds over all of them
    samples   medians, intervals                report   tables, the page, pictures
    fit       families beside their estimates
"""
