// Encodes half precision (IEEE 754 binary16). Decodes nothing: ONNX runtimes do.

/// <reference lib="esnext.float16" />

/** Rounds to the nearest, ties to even; 65,520 and more become infinite. */
export const encodeFloat16 = (values: Float32Array): Uint16Array => new Uint16Array(new Float16Array(values).buffer);
