"""The parts of the benchmark, in the order in which they are measured. Each is stored as soon as it is done."""

from dataclasses import asdict, dataclass, field

from implementations import HAND, OWN, Implementation, hand, ours, own

# Multiply-adds for every example, pair and hidden unit: 3 for the value (z takes two), and 8 for the gradients (z again, and one for each
# of six sums: through w, through v_j, and four for theta); one more for the gradient through v_i.
MULTIPLY_ADDS = 11
COMPILED = "layer, torch.compile"


@dataclass
class Section:
    name: str
    task: str  # layer or step
    size: dict
    implementations: list
    rounds: int = 5
    seconds: float = 20  # of measured runs for each implementation; slow ones take part in fewer rounds
    start_together: bool = False  # their compile times are then not meant to be read
    steps_per_run: int = 1
    labels: dict = field(default_factory=dict)
    multiply_adds: float = 0

    def __post_init__(self):
        self.spec = {"task": self.task, **self.size}
        if self.task == "layer":
            s = self.size
            self.labels = {"batch": s["batch"], "inputs": s["in"], "outputs": s["out"], "hidden": s["hidden"], "need_pre": s["need_pre"], **self.labels}
            self.multiply_adds = (MULTIPLY_ADDS + s["need_pre"]) * s["batch"] * s["in"] * s["out"] * s["hidden"]

    def make_inputs(self, inputs, folder):
        s = self.size
        if self.task == "layer":
            inputs.layer(folder, s["batch"], s["in"], s["out"], s["hidden"])
        else:
            inputs.step(folder, s["batch"], s["sizes"], s["hidden"])

    def identity(self):
        """What its numbers depend on."""
        return asdict(self)


def layer_size(batch, n_in, n_out, hidden, need_pre=False):
    return {"batch": batch, "in": n_in, "out": n_out, "hidden": hidden, "need_pre": need_pre}


def step_size(batch, sizes, hidden, preset, steps=1):
    """The fields of hatlib's configuration that the peers need too: everything else is as in the preset."""
    common = [f"sizes={'-'.join(map(str, sizes))}", f"meta_hidden={hidden}", f"batch={batch}"]
    return {"batch": batch, "sizes": sizes, "hidden": hidden, "local_rate": 1e-3, "lr": 1e-3, "preset": preset, "steps": steps, "common": common}


def steps(name, size, programs, **options):
    """A section of training steps: hatlib's own settings follow the common ones."""
    for p in programs:
        p.spec = {**p.spec, "set": size["common"] + p.spec.get("set", [])}
    labels = {"sizes": "-".join(map(str, size["sizes"])), "batch": size["batch"], "hidden": size["hidden"]}
    return Section(name, "step", size, programs, labels=labels, steps_per_run=size["steps"], **options)


def calls(name, preset, batch, sizes, hidden, count, backend, rows):
    """Steps per call, on one backend. rows: label, fields of the configuration."""
    environment = {"GOMLX_BACKEND": backend} if backend else {}
    programs = [Implementation(label, "ours", environment=environment, spec={"set": list(fields)}) for label, *fields in rows]
    return steps(name, step_size(batch, sizes, hidden, preset, count), programs, rounds=4, start_together=True)


def all_sections(flags, quick, names):
    """names: parts of the names of implementations to restrict to; None for all."""
    for section in every_section(flags, quick):
        section.implementations = [i for i in section.implementations if not names or any(n in i.name for n in names)]
        if section.implementations:
            yield section


def every_section(flags, quick):
    size, sizes, hidden = ((10, 96, 40, 20), [96, 40, 10], 20) if quick else ((50, 784, 183, 100), [784, 183, 43, 10], 100)
    o = lambda *keys: [ours(flags)[k] for k in keys]
    one_or_many = [("control, one step per call", "rule=none", "steps_per_call=1"), ("control, many", "rule=none"),
                   ("HAT, one step per call", "steps_per_call=1"), ("HAT, many",)]
    # In two parts, because all processes of a section are alive together and their memory adds up.
    yield Section("layer", "layer", layer_size(*size), o("conv", "fused", "jax", "jax default", "general", "torch vmap", "jax vmap"), rounds=7, seconds=12)
    yield Section(COMPILED, "layer", layer_size(*size), o("fused") + [hand(f) for f in HAND] + [own(f) for f in OWN], rounds=7, seconds=12)
    yield Section("layer and v_i", "layer", layer_size(*size, need_pre=True), o("fused", "jax", "jax default") + [hand(HAND[-1])], rounds=7)
    yield steps("step", step_size(50, sizes, hidden, "paper"), o("conv", "fused", "general", "jax") + [hand(HAND[-1]), own(OWN[0]), own(OWN[-1])] + o("jax vmap"))
    curves = {"batch": [(b, *size[1:]) for b in (5, 23, 108, 500)], "width": [(size[0], n, n, size[3]) for n in (37, 80, 173, 373)],
              "hidden": [(*size[:3], h) for h in (10, 46, 215, 1000)]}
    for axis, points in curves.items():
        for p in points:
            yield Section(f"curve over {axis}, {'x'.join(map(str, p))}", "layer", layer_size(*p), o("fused", "jax") + [hand(HAND[-1])],
                          rounds=3, seconds=6, start_together=True, labels={"curve": axis})
    yield calls("small learner, XLA", "smoke", 25, [64, 32, 16, 10], 16, 1000, "", one_or_many)
    yield calls("784-64-10, XLA", "paper", 50, [784, 64, 10], 100, 200, "", one_or_many[:2])
    yield calls("small learner, pure Go", "smoke", 25, [64, 32, 16, 10], 16, 20, "go", [("control", "rule=none"), ("HAT",)])
