// A database that tells how many rows each statement read and wrote. It does what the original does.

/** Called with the numbers of each result. */
export type OnRows = (meta: Pick<D1Meta, 'rows_read' | 'rows_written'>) => void;

/** Holds the original in a field: a WeakMap would keep it and its parameters until the next full garbage collection. */
type CountedStatement = Record<keyof D1PreparedStatement, unknown> & { original: D1PreparedStatement };

const readOriginal = (statement: D1PreparedStatement): D1PreparedStatement =>
  (statement as unknown as CountedStatement).original;

/** `onCall`: called before each call of the database. `raw` is missing: it tells no numbers. */
export function countRows(db: D1Database, onRows: OnRows, onCall: () => void = () => {}): D1Database {
  const note = <R extends D1Result>(result: R): R => {
    onRows(result.meta);
    return result;
  };
  const ask = async <R extends D1Result>(run: () => Promise<R>): Promise<R> => {
    onCall();
    return note(await run());
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const counted: CountedStatement = {
      original: statement,
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      // `first` itself does not tell the number of rows.
      async first(column?: string) {
        const [row] = (await ask(() => statement.all())).results;
        return row === undefined ? null : column === undefined ? row : row[column];
      },
      run: () => ask(() => statement.run()),
      all: () => ask(() => statement.all()),
      raw() {
        throw new Error('raw does not tell the number of rows: count it here before it is used');
      },
    };
    return counted as unknown as D1PreparedStatement;
  };
  return {
    prepare: (sql: string) => wrap(db.prepare(sql)),
    async batch(statements: D1PreparedStatement[]) {
      onCall();
      return (await db.batch(statements.map(readOriginal))).map(note);
    },
  } as unknown as D1Database;
}
