"""One layer in JAX, forward and gradients; spec["form"] is one of jax_pairs.FORMS."""

import jax
import jax.numpy as jnp
from jax_pairs import FORMS
from worker import layer_gradients, layer_inputs, serve, task

spec = task()
spec["version"] = f"jax {jax.__version__}, jaxlib {jax.lib.__version__}"
x = {n: jnp.asarray(a) for n, a in layer_inputs(spec).items()}
adjoint = x.pop("g")
update = FORMS[spec["form"]]
want = layer_gradients(spec)


@jax.jit
def layer(p, g):
    mean, pull = jax.vjp(update, p)
    grads = pull(g)[0]
    return dict(mean=mean, **{n: grads[n] for n in want})


serve(spec, lambda: jax.block_until_ready(layer(x, adjoint)), lambda result: result)
