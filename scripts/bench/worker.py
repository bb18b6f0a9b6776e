"""One implementation: a process of its own (peers/*.py, ours/), so that its peak memory is its own."""

import json
import os
import pathlib
import select
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


class Worker:
    """Starts at once. failure is None, or a line that says what went wrong; after a failure every method does nothing."""

    def __init__(self, implementation, spec, folder, ours, timeout):
        self.implementation, self.name, self.timeout = implementation, implementation.name, timeout
        self.failure, self.answer, self.rounds, self.spent = None, {}, {}, 0.0
        self.results = folder / "".join(c if c.isalnum() else "_" for c in self.name)
        self.results.mkdir()
        spec = {**spec, "form": implementation.form, "inputs": str(folder), "results": str(self.results), **implementation.spec}
        program = [ours] if implementation.program == "ours" else [sys.executable, str(HERE / "peers" / f"{implementation.program}_{spec['task']}.py")]
        environment = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "GOMLX_BACKEND")} | implementation.environment
        # A cache of torch.compile would hide what compiling takes.
        environment |= {"TORCHINDUCTOR_CACHE_DIR": str(self.results / "cache"), "TORCHINDUCTOR_FX_GRAPH_CACHE": "0", "TORCHINDUCTOR_AUTOGRAD_CACHE": "0"}
        self.log = open(folder / (self.results.name + ".log"), "w+")
        self.process = subprocess.Popen(program + [json.dumps(spec)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)

    def read(self, key):
        if self.failure:
            return None
        ready, _, _ = select.select([self.process.stdout], [], [], self.timeout)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.log.seek(0)
            lines = self.log.read().strip().splitlines()
            self.failure = (lines[-1] if lines else "ended without a word") if ready else f"no answer in {self.timeout:.0f} s"
            self.process.kill()
            return None
        self.answer.update(json.loads(line))
        return self.answer.get(key)

    def run(self, count):
        """[(wall, processor time)] of count runs, in seconds."""
        if not self.failure:
            try:
                self.process.stdin.write(f"run {count}\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                pass  # read says why
        times = self.read("times") or []
        self.spent += sum(wall for wall, _ in times)
        return times

    def processor_time(self):
        """Clock ticks that the process has used; 0 when it has ended."""
        try:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(fields[11]) + int(fields[12])

    def finish(self):
        """Ends the process; its peak memory is then known."""
        if not self.failure:
            self.process.stdin.close()
            self.read("peak_mb")
        self.process.wait()
        self.log.close()
