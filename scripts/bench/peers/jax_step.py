"""One training step of Algorithm 1 in JAX: forward with M's updates, backward, Adam for L and M; spec["form"] is one of jax_pairs.FORMS."""

import jax
import jax.numpy as jnp
from jax_pairs import FORMS, relu
from worker import named_weights, serve, step_inputs, task

spec = task()
spec["version"] = f"jax {jax.__version__}, jaxlib {jax.lib.__version__}"
x, y, learner, theta = jax.tree.map(jnp.asarray, step_inputs(spec))
update, batch, rate, lr = FORMS[spec["form"]], spec["batch"], spec["local_rate"], spec["lr"]


def loss_of(changes, learner, theta, x, y):
    """The loss, and the updated W. changes are zeros added to the updated W, so that the gradient through them is the one with respect to the updated W."""
    v, updated = x, []
    for (w, b), change in zip(learner, changes):
        vhat = relu(v @ w.T + b)
        w = w + rate * update(dict(theta, v=v, w=w, u=vhat)) + change
        v = relu(v @ w.T + b)
        updated.append(w)
    logp = jax.nn.log_softmax(v)
    return -jnp.take_along_axis(logp, y[:, None], 1).mean(), updated


def adam(p, g, m1, m2, t):
    m1, m2 = 0.9 * m1 + 0.1 * g, 0.999 * m2 + 0.001 * g * g
    return p - lr * (m1 / (1 - 0.9**t)) / (jnp.sqrt(m2 / (1 - 0.999**t)) + 1e-8), m1, m2


@jax.jit
def step(state, x, y):
    learner, theta, m1, m2, t = state
    zeros = [jnp.zeros_like(w) for w, _ in learner]
    (loss, updated), grads = jax.value_and_grad(lambda changes, biases, theta: loss_of(changes, [(w, b) for (w, _), b in zip(learner, biases)], theta, x, y),
                                                argnums=(0, 1, 2), has_aux=True)(zeros, [b for _, b in learner], theta)
    params = (updated, [b for _, b in learner], theta)
    moved = jax.tree.map(lambda *a: adam(*a, t), params, grads, m1, m2)
    (w, b, theta), m1, m2 = jax.tree.transpose(jax.tree.structure(params), jax.tree.structure((0, 0, 0)), moved)
    return (list(zip(w, b)), theta, m1, m2, t + 1), loss


zero = jax.tree.map(jnp.zeros_like, ([w for w, _ in learner], [b for _, b in learner], theta))
state, losses = (learner, theta, zero, zero, jnp.float32(1)), []


def run():
    global state
    start = len(losses) * batch % len(x)
    state, loss = jax.block_until_ready(step(state, x[start : start + batch], y[start : start + batch]))
    losses.append(loss)
    return state


serve(spec, run, lambda state: named_weights(*state[:2]) | {"loss": jnp.stack(losses)})
