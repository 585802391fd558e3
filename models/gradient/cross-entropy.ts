// Softmax cross-entropy over a whole catalogue, with a gradient that needs fewer passes over the largest array of the
// training than differentiating the formula would: the matrix of cells × items is written and read three times in all.

import { lax, nn, numpy as np } from '@jax-js/jax';
import { withGradientOf } from '../onnx/gradients.ts';

/**
 * Σ over cells of share · −log softmax(wanted · itemsᵀ)[target].
 *
 * With p the softmax, the gradient with respect to `wanted` is share · (p · items − items[target]), and with respect to
 * `items` the same product the other way round. Both are the gradients of (p · items − items[target]) · wanted with p
 * held fixed: that is what is differentiated, while the value is the true loss.
 *
 * @param wanted [cells, width].
 * @param items [items, width].
 * @param targets int32 [cells].
 * @param shares [cells]: 0 for cells that do not count.
 */
export function crossEntropy(wanted: np.Array, items: np.Array, targets: np.Array, shares: np.Array): np.Array {
  const logits = np.matmul(lax.stopGradient(wanted.ref), lax.stopGradient(items.ref).transpose());
  const p = lax.stopGradient(nn.softmax(logits, -1));
  const chosen = np.takeAlongAxis(p.ref, targets.ref.reshape([-1, 1]), 1).reshape([-1]);
  const expected = np.matmul(p, items.ref);
  const pull = np.sum(expected.sub(np.take(items, targets, 0)).mul(wanted), -1);
  return np.sum(withGradientOf(np.log(chosen).neg(), pull).mul(shares));
}
