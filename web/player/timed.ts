// The type of an answer with the time that it took.

/** `ms`: from the request to the parsed body. */
export interface Timed<T> {
  body: T;
  ms: number;
}
