// The SQLite tables of a player's object. They are created with the first row, so that a request for an unknown id
// leaves nothing behind. Queries of an object without tables find nothing.

import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { logError } from '../logging/log.ts';
import migrations from './migrations/migrations.js';

export class Tables {
  readonly #storage: DurableObjectStorage;
  readonly #afterCreation: (() => void)[] = [];
  #exist = false;

  /** Migrates tables of an earlier version, then resolves. */
  static async open(storage: DurableObjectStorage): Promise<Tables> {
    const tables = new Tables(storage);
    const [first] = storage.sql.exec("select 1 from sqlite_master where type = 'table' limit 1").toArray();
    if (first !== undefined) {
      await migrate(drizzle(storage), migrations);
      tables.#exist = true;
    }
    return tables;
  }

  private constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get exist(): boolean {
    return this.#exist;
  }

  /** The callback runs once the tables exist, before the first row is written. */
  onCreation(callback: () => void): void {
    this.#afterCreation.push(callback);
  }

  /** For statements that add no row. */
  query<Row extends Record<string, SqlStorageValue>>(statement: string, ...bindings: SqlStorageValue[]): Row[] {
    return this.#exist ? this.#storage.sql.exec<Row>(statement, ...bindings).toArray() : [];
  }

  insert(statement: string, ...bindings: SqlStorageValue[]): void {
    if (!this.#exist) this.#create();
    this.#storage.sql.exec(statement, ...bindings);
  }

  /** Has no await, so that the tables and their first rows commit as one. */
  #create(): void {
    // The migration runs synchronously; its promise only reports an error, after which the insert fails too.
    migrate(drizzle(this.#storage), migrations).catch((error: Error) =>
      logError('tables not created', { error: error.message }),
    );
    this.#exist = true;
    for (const callback of this.#afterCreation) callback();
  }
}
