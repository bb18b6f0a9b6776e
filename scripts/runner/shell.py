"""Which shell lines of a cell failed.

GoNB runs each line `!cmd` by `/bin/bash -c cmd`; when that fails, it writes "exit status 3" to the cell's stderr and goes on,
and the cell counts as a success. Bash reads the file named by BASH_ENV before it runs cmd: ours makes it log its status when
it ends. Should a log entry be missing (a killed shell, a line with an EXIT trap of its own), the text on stderr decides.
"""

from __future__ import annotations

import re
from pathlib import Path

# Only `bash -c` is logged, and not what it starts: a script may call something that fails, and handle it.
GUARD = r"""
unset BASH_ENV
if [ -n "${BASH_EXECUTION_STRING-}" ] && [ -n "${HATLAB_SHELL_LOG-}" ]; then
  trap 'hatlab_status=$?; printf "%d\t%s\n" "$hatlab_status" "${BASH_EXECUTION_STRING//$'"'\\\\n'"'/ }" >>"$HATLAB_SHELL_LOG"; exit $hatlab_status' EXIT
fi
"""

SHELL_LINE = re.compile(r"^\s*(?://gonb:)?!", re.MULTILINE)
FAILED = re.compile(r"^(exit status \d+|signal: .+)$", re.MULTILINE)
UNKNOWN = re.compile(r'^"(%\S+)" unknown or not implemented yet\.', re.MULTILINE)


class ShellLog:
    """The log of one kernel's shell lines, in a folder that the caller removes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shell.log"
        self._guard = folder / "guard.sh"
        self._guard.write_text(GUARD)

    def environment(self) -> dict[str, str]:
        """What the kernel's environment needs."""
        return {"BASH_ENV": str(self._guard), "HATLAB_SHELL_LOG": str(self.path)}

    def clear(self) -> None:
        """Starts a new cell."""
        self.path.write_text("")

    def failure(self, source: str, stderr: str) -> str | None:
        """Says which shell line or magic of the cell failed, or None."""
        unknown = UNKNOWN.search(stderr)
        if unknown:
            return f"unknown magic {unknown[1]}"
        lines = len(SHELL_LINE.findall(source))
        if not lines:
            return None
        entries = [e.split("\t", 1) for e in self.path.read_text(errors="replace").splitlines() if "\t" in e]
        for status, command in entries:
            if status != "0":
                return f"shell line `!{command}` ended with exit status {status}"
        if len(entries) < lines:
            text = FAILED.search(stderr)
            if text:
                return f"a shell line ended with {text[1]}"
        return None
