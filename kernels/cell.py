"""Run one cell in a kernel and print what it printed: cell.py SPECS_FOLDER KERNEL_NAME CODE_FILE. Exit status 1 when the cell fails."""
import sys

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

specs, name, code_file = sys.argv[1:]
manager = KernelManager(
    kernel_name=name,
    kernel_spec_manager=KernelSpecManager(kernel_dirs=[specs], ensure_native_kernel=False),
)
manager.start_kernel()
client = manager.client()
try:
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def hook(message):
        content = message["content"]
        if message["msg_type"] == "stream":
            getattr(sys, content["name"]).write(content["text"])
        elif message["msg_type"] == "error":
            sys.stderr.write("\n".join([content["evalue"], *content["traceback"]]) + "\n")

    with open(code_file, encoding="utf-8") as f:
        code = f.read()
    reply = client.execute_interactive(code, timeout=300, output_hook=hook)
    failed = reply["content"]["status"] != "ok"
finally:
    client.stop_channels()
    manager.shutdown_kernel()
sys.exit(1 if failed else 0)
