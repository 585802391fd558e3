// The interface of the matrix products that this folder is built on; callers pass an implementation.

export interface Gemm {
  /** product [m, n] = a [m, k] · b [k, n]. */
  multiply(a: Float32Array, b: Float32Array, product: Float32Array, shape: GemmShape): Promise<void>;
  /** target [m, n] −= a [m, k] · bᵀ, b [n, k]. */
  subtractProduct(a: Float32Array, b: Float32Array, target: Float32Array, shape: GemmShape): Promise<void>;
  release(): Promise<void>;
}

interface GemmShape {
  m: number;
  k: number;
  n: number;
}
