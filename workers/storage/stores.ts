// The two stores that most code needs; the types are the same in workerd and in Node commands.

export interface Stores {
  DB: D1Database;
  BUCKET: R2Bucket;
}
