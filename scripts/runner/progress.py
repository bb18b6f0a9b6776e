"""What is said while notebooks run: one line per cell; in a terminal the line counts seconds, in a log it is repeated each minute."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOG_INTERVAL = 60.0


def say(text: str = "") -> None:
    """Prints a line at once."""
    print(text, flush=True)


@contextmanager
def ticking(label: str) -> Iterator[None]:
    """Shows that something is being waited for, until the block ends. The caller prints the final line."""
    terminal = sys.stdout.isatty()
    done = threading.Event()
    start = time.monotonic()

    def tick() -> None:
        while not done.wait(1.0 if terminal else LOG_INTERVAL):
            seconds = f"{time.monotonic() - start:6.0f} s"
            if terminal:
                print(f"\r\033[K{label} {seconds} ...", end="", flush=True)
            else:
                say(f"{label} {seconds} ... still running")

    if terminal:
        print(f"{label} ...", end="", flush=True)
    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if terminal:
            print("\r\033[K", end="", flush=True)
