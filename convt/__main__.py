"""The command ``convt``, and ``python -m convt``."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C while it is still being loaded is one line too."""
    try:
        from convt.cli import main as run
    except KeyboardInterrupt:
        print("convt: interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the current folder: a numpy.py or json.py there is not ours
    main()
