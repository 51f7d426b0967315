"""Start the program: its libraries load for seconds, and a signal may come then too.

Ctrl-C and a wish to terminate end every command alike: with one line and 130.
"""

from __future__ import annotations

import os
import signal

INTERRUPTED = "error: interrupted; what was finished is kept, run it again to go on"
_EXIT_CODE = 130
_WISHES = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Load the command line, run it and leave with its exit code."""
    # A signal that the caller had ignored, as for a job in the background, stays so.
    heeded = [kind for kind in _WISHES if signal.getsignal(kind) != signal.SIG_IGN]
    for kind in heeded:
        signal.signal(kind, _leave)
    from solalpha.cli.app import main as run

    for kind in heeded:
        signal.signal(kind, signal.default_int_handler)
    run()


def _leave(_: int, __: object) -> None:
    # Nothing has begun yet; an exception would leave libraries loaded by half.
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(_EXIT_CODE)


if __name__ == "__main__":
    main()
