// Types of the Worker's bindings (wrangler.toml) and secrets.

declare namespace Cloudflare {
  type Replay = import('../models/contracts/dead-letter.ts').Replay;
  interface GlobalProps {
    mainModule: typeof import('./index.ts');
  }
  interface Env {
    /** Data that operators change, and other small data. */
    DB: D1Database;
    /** The log's databases: workers/storage/log-shards.ts. */
    LOG_0: D1Database;
    [shard: `LOG_${number}`]: D1Database;
    BUCKET: R2Bucket;
    EVENTS: Queue<import('../models/contracts/event.ts').RoutedEvent[] | Replay>;
    SLATES: Queue<import('../models/contracts/slate.ts').SlateMessage | Replay>;
    GALLERIES: Queue<import('./offline/compute-galleries.ts').PlayersToCompute>;
    NOTIFICATIONS: Queue<import('../models/contracts/subscription.ts').Delivery | Replay>;
    USER_SIGNALS: DurableObjectNamespace<import('./nearline/user-signals.ts').UserSignals>;
    /** Counts the requests of each caller: workers/online/rate-limit.ts. */
    RATE_LIMITS: RateLimit;
    /** The version of the Worker that runs. */
    DEPLOYED_VERSION?: WorkerVersionMetadata;
    /** Settings of wrangler.toml; workers/storage/settings.ts checks them. */
    LOG_HOT_DAYS: string;
    SLATE_MB_PER_DAY: string;
    LOG_DAYS: string;
    SLATE_DAYS: string;
    SNAPSHOT_DAYS: string;
    COUNTED_GAMES_PER_DAY: string;
    /** `on`: players who have never requested a gallery also get a backup gallery and `gallery.ready`. */
    BACKUP_EVERYONE: string;
    /** Origins whose pages may read answers to the store's keys: workers/online/cors.ts. */
    CORS_ORIGINS: string;
    /** `on`: the Worker answers gorse's REST API under /api (workers/gorse). */
    GORSE_API: string;
    /** Each is one key or several, separated by commas, so that keys can be rotated without downtime. */
    ADMIN_KEY?: string;
    INGEST_KEY?: string;
    READ_KEY?: string;
    MINT_KEY?: string;
    /** Private JWKs that sign players' tokens: workers/credentials/token-keys.ts. */
    TOKEN_KEY_0?: string;
    TOKEN_KEY_1?: string;
    /** Public keys of trainers; releases without a signature by one of them are refused. Older settings lack it. */
    RELEASE_KEYS?: string;
    /** Rate limits: workers/online/rate-settings.ts. */
    PLAYER_REQUESTS_PER_MINUTE: string;
    KEY_REQUESTS_PER_MINUTE: string;
    ADDRESS_REQUESTS_PER_MINUTE: string;
    GUESTS_PER_MINUTE: string;
    PERSONAL_DATA_PER_MINUTE: string;
    /** `on`: anybody may become a guest. */
    GUESTS: string;
  }
}
interface Env extends Cloudflare.Env {}

declare module '*.sql' {
  const text: string;
  export default text;
}
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
