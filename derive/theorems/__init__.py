"""One file a theorem, each with ``theorem(spec) -> Theorem``. Files are found by name; nothing is registered."""
