// Field numbers of ONNX's messages (onnx.proto3), only those that the edge reads or writes.

export const MODEL_GRAPH = 7;
export const GRAPH_INITIALIZER = 5;
export const TENSOR_DATA_TYPE = 2;
export const TENSOR_NAME = 8;
export const TENSOR_RAW_DATA = 9;
export const TENSOR_EXTERNAL_DATA = 13;
export const TENSOR_DATA_LOCATION = 14;
/** Parts of an entry of external data. */
export const ENTRY_KEY = 1;
export const ENTRY_VALUE = 2;
/** Values of TensorProto.DataType and TensorProto.DataLocation. */
export const FLOAT32 = 1;
export const EXTERNAL = 1;
