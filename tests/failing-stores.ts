// D1 and R2 as they behave in an outage: D1 still prepares statements.

const answering = (answer: () => Promise<never>): object => {
  const statement: object = new Proxy({}, { get: (_, method) => (method === 'bind' ? () => statement : answer) });
  return new Proxy({}, { get: (_, method) => (method === 'prepare' ? () => statement : answer) });
};
const failing = (name: string): object => answering(() => Promise.reject(new Error(`${name} is down`)));
const hanging = (): object => answering(() => new Promise(() => {}));

export const FAILING_STORES = { DB: failing('D1') as D1Database, BUCKET: failing('R2') as R2Bucket };
/** No call ever ends. */
export const HANGING_STORES = { DB: hanging() as D1Database, BUCKET: hanging() as R2Bucket };
