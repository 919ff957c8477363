"""``convt sweep``: many configurations, each derived, proved, built and checked.

    grid      what is asked for: brace syntax, counted before it is written out
    wanted    grids and files -> problems, and what is refused with the reason
    run       what is known already, what is examined, what came of it
    local     in child processes of this machine: a share of the configurations each
    cluster   on the workers of a Dask cluster: the same, and the results come back
    child     one share, in a process of its own
    times     how long the kernels take
    report    the summary, as text, HTML and Markdown
"""
