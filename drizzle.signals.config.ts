import { defineConfig } from 'drizzle-kit';

// The tables inside each player's Durable Object; this driver also emits the module that imports the SQL as text.
export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './workers/nearline/schema.ts',
  out: './workers/nearline/migrations',
});
