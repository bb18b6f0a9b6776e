"""A kernel of a few commands, which shows nbclient the messages that GoNB would send, without compiling anything.

A cell holds one command per line:  print TEXT | warn TEXT | fail TEXT | panic TEXT | sleep SECONDS | number KEY VALUE | figure NAME | die | !SHELL LINE
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import zmq
from jupyter_client.session import Session


class Failed(Exception):
    """Ends a cell; the text is the error's."""


def main(connection_file: str) -> None:
    """Serves one client until it asks for a shutdown."""
    info = json.loads(Path(connection_file).read_text())
    session = Session(key=info["key"].encode(), signature_scheme=info["signature_scheme"])
    context = zmq.Context()

    def bind(kind: int, port: str) -> zmq.Socket:
        socket = context.socket(kind)
        socket.bind(f"{info['transport']}://{info['ip']}:{info[port]}")
        return socket

    shell, control, iopub = bind(zmq.ROUTER, "shell_port"), bind(zmq.ROUTER, "control_port"), bind(zmq.PUB, "iopub_port")
    bind(zmq.ROUTER, "stdin_port")
    beat = bind(zmq.REP, "hb_port")
    poller = zmq.Poller()
    for socket in (shell, control, beat):
        poller.register(socket, zmq.POLLIN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count = 0
    while True:
        try:
            ready = dict(poller.poll())
        except KeyboardInterrupt:
            continue
        if beat in ready:
            beat.send(beat.recv())
        for socket in (control, shell):
            if socket not in ready:
                continue
            identity, message = session.recv(socket, mode=0)
            kind, content = message["msg_type"], message["content"]

            def publish(message_type: str, **fields: object) -> None:
                session.send(iopub, message_type, fields, parent=message)

            publish("status", execution_state="busy")
            reply: dict = {"status": "ok"}
            if kind == "kernel_info_request":
                reply |= {"protocol_version": "5.3", "implementation": "fake", "language_info": {"name": "go", "pygments_lexer": ""}, "banner": ""}
            elif kind == "execute_request":
                count += 1
                reply["execution_count"] = count
                try:
                    for line in content["code"].splitlines():
                        run(line, publish)
                except Failed as e:
                    error = {"ename": "ERROR", "evalue": str(e), "traceback": [str(e)]}
                    publish("error", **error)
                    reply |= {"status": "error", **error}
            session.send(socket, kind.replace("_request", "_reply"), reply, parent=message, ident=identity)
            publish("status", execution_state="idle")
            if kind == "shutdown_request":
                return


def run(line: str, publish) -> None:
    """Executes one line of a cell."""
    command, _, rest = line.partition(" ")
    out = Path(os.environ.get("HATLAB_OUT", "."))
    if line.startswith("!"):
        done = subprocess.run(["/bin/bash", "-c", line[1:]], capture_output=True, text=True)
        publish("stream", name="stdout", text=done.stdout)
        publish("stream", name="stderr", text=done.stderr)
        if done.returncode:
            text = "signal: killed" if done.returncode < 0 else f"exit status {done.returncode}"
            publish("stream", name="stderr", text=text + "\n")
    elif command == "print":
        publish("stream", name="stdout", text=rest + "\n")
    elif command == "warn":
        publish("stream", name="stderr", text=rest + "\n")
    elif command == "fail":
        raise Failed(rest)
    elif command == "panic":
        publish("stream", name="stderr", text=f"panic: {rest}\n\n\x1b[31mgoroutine 1\x1b[0m [running]:\n\x00exit status 2\n")
        raise Failed("exit status 2")
    elif command == "sleep":
        try:
            time.sleep(float(rest))
        except KeyboardInterrupt:
            raise Failed("signal: interrupt") from None
    elif command == "number":
        key, value = rest.split()
        path = out / "numbers" / f"{os.environ['FAKE_NOTEBOOK']}.json"
        numbers = json.loads(path.read_text()) if path.exists() else {}
        numbers[key] = {"value": float(value), "rtol": 0, "atol": 0.1, "n": 1}
        path.write_text(json.dumps(numbers))
    elif command == "figure":
        (out / "figures" / f"{rest}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    elif command == "die":
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
