// D1 and R2 as they behave in an outage: D1 still prepares statements.

const failing = (name: string): object => {
  const fail = () => Promise.reject(new Error(`${name} is down`));
  const statement: object = new Proxy({}, { get: (_, method) => (method === 'bind' ? () => statement : fail) });
  return new Proxy({}, { get: (_, method) => (method === 'prepare' ? () => statement : fail) });
};

export const FAILING_STORES = { DB: failing('D1') as D1Database, BUCKET: failing('R2') as R2Bucket };
