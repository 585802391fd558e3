// Functions of jax-js whose gradient is written by hand, because that takes fewer passes over large arrays than the one that
// jax-js derives. They own their arguments, as all of jax-js does.

import { lax, nn, numpy as np } from '@jax-js/jax';

/** The value of one array with the gradient of another of the same shape. Lowered, it costs nothing: x − x is left out. */
export const withGradientOf = (value: np.Array, gradient: np.Array): np.Array =>
  lax.stopGradient(value).add(gradient.ref.sub(lax.stopGradient(gradient)));

/**
 * Softmax over the last axis. With p its value, the gradient is p · (g − Σ p · g): that of p · (x − Σ p · x) with p held
 * fixed.
 */
export function softmax(logits: np.Array): np.Array {
  const p = lax.stopGradient(nn.softmax(logits.ref, -1));
  const mean = np.sum(p.ref.mul(logits.ref), -1, { keepdims: true });
  return withGradientOf(p.ref, p.mul(logits.sub(mean)));
}
