"""What is measured: names, programs and forms."""

from dataclasses import dataclass, field

OURS = "hatlib fused"


@dataclass
class Implementation:
    """program: ours, or the peers/PROGRAM_*.py; group: the opponent of the targets that it counts for; spec: additions to the section's."""

    name: str
    program: str
    form: str = ""
    group: str = ""
    environment: dict = field(default_factory=dict)
    spec: dict = field(default_factory=dict)


def ours(flags):
    """flags are the XLA flags that hatlib's backend sets, for JAX with the same flags."""
    return {
        "fused": Implementation(OURS, "ours", "fused", "ours", spec={"set": ["pair_kernel=fused"]}),
        # One step per call: in chunks of bounded memory the general vmap does not run inside a loop.
        "general": Implementation("hatlib general vmap", "ours", "general", "general", spec={"set": ["pair_kernel=general", "steps_per_call=1"]}),
        "jax": Implementation("JAX fused, custom gradient, same flags", "jax", "fused", "jax", {"XLA_FLAGS": flags}),
        "jax default": Implementation("JAX fused, custom gradient, default flags", "jax", "fused", "jax default", {"XLA_FLAGS": ""}),
        "jax vmap": Implementation("JAX vmap", "jax", "vmap", "jax vmap", {"XLA_FLAGS": flags}),
        "torch vmap": Implementation("torch.func.vmap", "torch", "vmap", "torch vmap"),
        "conv": Implementation("PyTorch 1x1 convolutions (the paper's)", "torch", "conv", "conv"),
    }


# Formulations for torch.compile, see peers/torch_pairs.py. The fastest counts. Those called inline give torch.compile's backend options that
# keep it from storing what the formulations are meant not to store; few users know them, so both kinds are reported.
HAND = ["written out", "reductions", "groups, inline"]
OWN = ["hidden first", "hidden first, max-autotune", "hidden first, checkpoint", "examples, then hidden", "hidden last, sum", "linear", "convolutions",
       "hidden first, inline", "examples, then hidden, inline"]


def hand(form):
    return Implementation(f"torch.compile, hand-derived gradient: {form}", "torch", f"hand: {form}", "torch hand" + options(form))


def own(form):
    return Implementation(f"torch.compile, own gradient: {form}", "torch", f"own: {form}", "torch own" + options(form))


def options(form):
    return ", options" if form.endswith("inline") else ""
