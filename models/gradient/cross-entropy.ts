// Softmax cross-entropy over a whole catalogue. Its gradient takes fewer passes over the matrix of positions × items,
// training's largest array, than the derived one: three in all, reads and writes included.

import { lax, nn, numpy as np } from '@jax-js/jax';
import { replaceGradient } from '../onnx/gradients.ts';

/**
 * Σ over positions of lossWeight · −log softmax(user · itemsᵀ)[target].
 *
 * With p the softmax, the gradient with respect to `users` is lossWeight · (p · items − items[target]), and with
 * respect to `items` its counterpart. Both are gradients of (p · items − items[target]) · user with p held fixed, so
 * that is what jax-js differentiates, while the value is the true loss.
 *
 * @param users [positions, width]: the user embedding at each position.
 * @param items [items, width].
 * @param targets int32 [positions].
 * @param lossWeights [positions]: 0 for positions that do not count.
 */
export function crossEntropy(users: np.Array, items: np.Array, targets: np.Array, lossWeights: np.Array): np.Array {
  const logits = np.matmul(lax.stopGradient(users.ref), lax.stopGradient(items.ref).transpose());
  const p = lax.stopGradient(nn.softmax(logits, -1));
  const ofTargets = np.takeAlongAxis(p.ref, targets.ref.reshape([-1, 1]), 1).reshape([-1]);
  const expected = np.matmul(p, items.ref);
  const surrogate = np.sum(expected.sub(np.take(items, targets, 0)).mul(users), -1);
  return np.sum(replaceGradient(np.log(ofTargets).neg(), surrogate).mul(lossWeights));
}
