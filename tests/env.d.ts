declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
    /** More databases for the log: tests bind them as LOG_1, LOG_2 and LOG_3. */
    TEST_LOG_1: D1Database;
    TEST_LOG_2: D1Database;
    TEST_LOG_3: D1Database;
  }
}
declare module '*?raw' {
  const text: string;
  export default text;
}
