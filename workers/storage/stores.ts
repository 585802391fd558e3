// The two stores that nearly everything needs; the same type in workerd and in a Node command.

export interface Stores {
  DB: D1Database;
  BUCKET: R2Bucket;
}
