// Matrix products that the other files of this folder are built on. Whoever calls them says what computes them.

export interface Gemm {
  /** product [m, n] = a [m, k] · b [k, n]. */
  multiply(a: Float32Array, b: Float32Array, product: Float32Array, shape: GemmShape): Promise<void>;
  /** target [m, n] −= a [m, k] · bᵀ, b [n, k]. */
  subtractProduct(a: Float32Array, b: Float32Array, target: Float32Array, shape: GemmShape): Promise<void>;
  release(): Promise<void>;
}

export interface GemmShape {
  m: number;
  k: number;
  n: number;
}
