// A D1 that fails while it is told to: a statement is refused, or carried out although its answer is an error, as when
// a connection breaks.

/** Probability that a failing statement is carried out. */
const CARRIED_OUT = 0.3;

/** `onFault` is called for each statement or batch that fails. */
export function disturbDatabase(
  db: D1Database,
  isDown: () => boolean,
  random: () => number,
  onFault: (fault: 'refused' | 'carriedOut') => void,
): D1Database {
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const run = async <T>(carryOut: () => Promise<T>): Promise<T> => {
    if (!isDown()) return carryOut();
    const fault = random() < CARRIED_OUT ? 'carriedOut' : 'refused';
    if (fault === 'carriedOut') await carryOut();
    onFault(fault);
    throw new Error('D1_ERROR: chaos: the database is down');
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      first: (column?: string) =>
        run(() => (column === undefined ? statement.first() : statement.first(column))) as Promise<never>,
      run: () => run(() => statement.run()),
      all: () => run(() => statement.all()),
      raw: (options?: { columnNames: true }) => run(() => statement.raw(options!)),
    } as D1PreparedStatement;
    originals.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql: string) => wrap(db.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      run(() => db.batch(statements.map((statement) => originals.get(statement)!))),
    exec: (sql: string) => run(() => db.exec(sql)),
  } as unknown as D1Database;
}
