// Functions with hand-written gradients, which take fewer passes over large arrays than those jax-js derives. They own
// their arguments, as all functions of jax-js do.

import { lax, nn, numpy as np } from '@jax-js/jax';

/** The value of one array with the gradient of another of the same shape. Free once lowered: x − x is left out. */
export const replaceGradient = (value: np.Array, gradient: np.Array): np.Array =>
  lax.stopGradient(value).add(gradient.ref.sub(lax.stopGradient(gradient)));

/**
 * Softmax over the last axis. With p the softmax and g the incoming gradient, its gradient is p · (g − Σ p · g), which
 * is the gradient of p · (x − Σ p · x) with p held fixed.
 */
export function softmax(logits: np.Array): np.Array {
  const p = lax.stopGradient(nn.softmax(logits.ref, -1));
  const mean = np.sum(p.ref.mul(logits.ref), -1, { keepdims: true });
  return replaceGradient(p.ref, p.mul(logits.sub(mean)));
}
