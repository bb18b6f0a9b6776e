"""The installed kernels against jupyter_kernel_test, and what the notebook runner relies on.

Needs: pip install jupyter_kernel_test, and `go run ./kernels install --prefix ENV` into the same environment.
"""
import time
import unittest

import jupyter_kernel_test


class KernelTests(jupyter_kernel_test.KernelTests):
    language_name = "go"
    file_extension = ".go"
    code_hello_world = '%%\nfmt.Println("hello, world")'
    code_stderr = '%%\nfmt.Fprintln(os.Stderr, "oops")'
    # A compile error: a panic also writes its text on stderr, and this suite wants the error alone.
    code_generate_error = "%%\nundefined()"
    code_display_data = [
        {"code": 'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.DisplayHtml("<b>x</b>")', "mime": "text/html"}
    ]

    def run_cell(self, code):
        self.flush_channels()
        reply, messages = self.execute_helper(code, timeout=120)
        text = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
        return reply["content"], text

    def test_panic(self):
        reply, text = self.run_cell('%%\npanic("boom")')
        self.assertEqual((reply["status"], reply["evalue"]), ("error", "exit status 2"))
        self.assertIn("panic: boom", text)

    def test_failing_shell_line_is_no_error(self):
        reply, text = self.run_cell("!false")
        self.assertEqual((reply["status"], text), ("ok", "exit status 1\n"))

    def test_hatlab_and_gomlx(self):
        reply, text = self.run_cell(
            'import (\n"github.com/gomlx/gomlx/core/graph"\n"github.com/hatlab/hatlab/hatlib/backend"\n)\n%%\n'
            "be, err := backend.New()\nif err != nil { panic(err) }\n"
            "fmt.Println(graph.MustExecOnce(be, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }, []float32{1, 2}).Value())"
        )
        self.assertEqual((reply["status"], text), ("ok", "3\n"))

    def test_interrupt(self):
        self.flush_channels()
        request = self.kc.execute('%%\nfmt.Println("start")\ntime.Sleep(time.Minute)')
        while self.kc.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
        begin = time.time()
        self.km.interrupt_kernel()
        reply = self.kc.get_shell_msg(timeout=30)
        self.assertEqual(reply["parent_header"]["msg_id"], request)
        self.assertEqual(reply["content"]["evalue"], "signal: interrupt")
        self.assertLess(time.time() - begin, 5)
        while self.kc.get_iopub_msg(timeout=30)["content"].get("execution_state") != "idle":
            pass
        self.assertEqual(self.run_cell('%%\nfmt.Print("alive")')[1], "alive")


class HatlabTests(KernelTests):
    kernel_name = "hatlab"


class HatlabGoTests(KernelTests):
    kernel_name = "hatlab-go"


# The common part is no test by itself.
del KernelTests

if __name__ == "__main__":
    unittest.main()
