// The tables of D1. Migrations are generated from this file (`npm run migrations`); docs/storage-schema.md says what
// each is for.

import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { SEVERITIES } from '../../models/contracts/alert.ts';
import { DEAD_LETTER_QUEUES } from '../../models/contracts/dead-letter.ts';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import { EXPERIMENT_STATES } from '../../models/contracts/experiment.ts';

export const events = sqliteTable(
  'events',
  {
    // Grows by one per row: exports page by it, and training knows how far it has read.
    sequence: integer('sequence').primaryKey({ autoIncrement: true }),
    userId: text('user_id').notNull(),
    id: text('id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    itemId: text('item_id'),
    value: real('value'),
    query: text('query'),
    timestamp: integer('timestamp').notNull(),
    receivedAt: integer('received_at').notNull(),
    recommendationId: text('recommendation_id'),
    position: integer('position'),
    platform: text('platform'),
    country: text('country'),
    locale: text('locale'),
  },
  // Ids are the client's own: two players may use the same. It also finds a player's events; another index for their
  // order would be written with each event and read once per player.
  (table) => [uniqueIndex('events_user_id').on(table.userId, table.id)],
);

/**
 * The last row of a table that was exported to R2, or was about to be. If the snapshot is ahead of it, this database
 * was restored to an earlier point (workers/storage/export-events.ts).
 */
export const exportCursors = sqliteTable('export_cursors', {
  table: text('table_name').primaryKey(),
  row: integer('row').notNull(),
});

/**
 * The published catalogues, named by their last file. If the one in use is not among them, this database was restored
 * to an earlier point (workers/storage/catalogue-files.ts).
 */
export const publishedCatalogues = sqliteTable('published_catalogues', {
  key: text('key').primaryKey(),
  /** Epoch milliseconds. */
  publishedAt: integer('published_at').notNull(),
});

export const items = sqliteTable(
  'items',
  {
    itemId: text('item_id').primaryKey(),
    title: text('title').notNull(),
    // JSON arrays of strings.
    genres: text('genres').notNull(),
    tags: text('tags').notNull(),
    developer: text('developer'),
    releaseDate: text('release_date'),
    price: real('price'),
    currency: text('currency'),
    ageRating: integer('age_rating'),
    platforms: text('platforms').notNull(),
    coverUrl: text('cover_url'),
    hidden: integer('hidden', { mode: 'boolean' }).notNull(),
    // Set if the item was deleted: the row stays, so that every isolate learns of it.
    deletedAt: integer('deleted_at'),
    // Grows with each change to any item: isolates read the changes newer than their cache.
    revision: integer('revision').notNull(),
  },
  (table) => [index('items_revision').on(table.revision)],
);

export const users = sqliteTable(
  'users',
  {
    userId: text('user_id').primaryKey(),
    lastEventAt: integer('last_event_at').notNull(),
    // JSON, as in the player's object: batch computation calls no object.
    preferences: text('preferences'),
  },
  (table) => [index('users_last_event').on(table.lastEventAt)],
);

/** Users as gorse's API stored them; only that API reads them. */
export const gorseUsers = sqliteTable('gorse_users', {
  userId: text('user_id').primaryKey(),
  // JSON; null if unset.
  labels: text('labels'),
  subscribe: text('subscribe'),
  // JSON.
  comment: text('comment').notNull(),
  writtenAt: integer('written_at').notNull(),
});

export const jobRuns = sqliteTable(
  'job_runs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    job: text('job').notNull(),
    cron: text('cron').notNull(),
    startedAt: integer('started_at').notNull(),
    durationMs: integer('duration_ms'),
    rows: integer('rows'),
    outcome: text('outcome', { enum: ['running', 'done', 'failed', 'skipped'] }).notNull(),
    error: text('error'),
  },
  // Status lists all by time; a job's own history is paged by id.
  (table) => [index('job_runs_started').on(table.startedAt), index('job_runs_job').on(table.job, table.id)],
);

/** The state of each job, times in epoch milliseconds. */
export const jobs = sqliteTable('jobs', {
  job: text('job').primaryKey(),
  /** When the crons ran for the first time with this job. */
  knownSince: integer('known_since').notNull(),
  // Start of the last run that succeeded; of a job that runs each minute, up to five minutes old.
  succeededAt: integer('succeeded_at'),
  durationMs: integer('duration_ms'),
  rows: integer('rows'),
  // Start of the last run that failed.
  failedAt: integer('failed_at'),
  error: text('error'),
  // Set while an operator's request waits for the next minute.
  requestedAt: integer('requested_at'),
});

/** Rules of alerts: the store's own ones, and the defaults that were changed. */
export const alertRules = sqliteTable('alert_rules', {
  ruleId: text('rule_id').primaryKey(),
  // JSON (models/contracts/alert.ts): rules are only read whole.
  body: text('body').notNull(),
});

/** Alerts; times in epoch milliseconds. */
export const alerts = sqliteTable(
  'alerts',
  {
    alertId: integer('alert_id').primaryKey({ autoIncrement: true }),
    ruleId: text('rule_id').notNull(),
    measure: text('measure').notNull(),
    severity: text('severity', { enum: SEVERITIES }).notNull(),
    value: real('value').notNull(),
    threshold: real('threshold').notNull(),
    since: integer('since').notNull(),
    // Null while it is pending.
    raisedAt: integer('raised_at'),
    resolvedAt: integer('resolved_at'),
    acknowledgedAt: integer('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    // Notifications that were queued: of its being raised, then of its being resolved.
    told: integer('told').notNull(),
  },
  // A rule has one at a time. The few that are not over are read each minute.
  (table) => [
    uniqueIndex('alerts_open').on(table.ruleId).where(sql`resolved_at is null`),
    index('alerts_untold').on(table.told).where(sql`told < 2`),
  ],
);

/** Leases: the holder of one may do a piece of work; it expires unless it is renewed. */
export const leases = sqliteTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  // By D1's clock: its holders run on several machines.
  expiresAt: integer('expires_at').notNull(),
});

/** Events logged per hour of their reception, so that nobody counts the log. */
export const eventCounts = sqliteTable('event_counts', {
  /** Hours since the epoch. */
  hour: integer('hour').primaryKey(),
  count: integer('count').notNull(),
});

/** Players whose object still has events that it did not find in the log. */
export const unloggedUsers = sqliteTable(
  'unlogged_users',
  {
    userId: text('user_id').primaryKey(),
    oldestAt: integer('oldest_at').notNull(),
    events: integer('events').notNull(),
  },
  // The oldest are read each minute.
  (table) => [index('unlogged_users_oldest').on(table.oldestAt)],
);

/** Messages that could not be processed. */
export const deadLetters = sqliteTable(
  'dead_letters',
  {
    id: text('id').primaryKey(),
    queue: text('queue', { enum: DEAD_LETTER_QUEUES }).notNull().default('events'),
    body: text('body').notNull(),
    reason: text('reason').notNull(),
    receivedAt: integer('received_at').notNull(),
    // Null unless its message is in the queue again.
    replayedAt: integer('replayed_at'),
  },
  // Operators page by it.
  (table) => [index('dead_letters_received').on(table.receivedAt, table.id)],
);

export const imports = sqliteTable('imports', {
  // Digest of what the files contain and how they are read: the same import, started again, resumes where it stopped.
  id: text('id').primaryKey(),
  startedAt: integer('started_at').notNull(),
  rowsDone: integer('rows_done').notNull(),
  finishedAt: integer('finished_at'),
});

/** Metrics by hour (workers/storage/metric-counts.ts). The migration makes it WITHOUT ROWID. */
export const metricCounts = sqliteTable(
  'metric_counts',
  {
    /** Hours since the epoch; 0: the sum of all closed hours. */
    hour: integer('hour').notNull(),
    metric: text('metric').notNull(),
    // Names of the labels, separated by commas.
    breakdown: text('breakdown').notNull(),
    // JSON list.
    labelValues: text('label_values').notNull(),
    amount: real('amount').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.metric, table.breakdown, table.labelValues] })],
);

/** The position up to which something is in `metric_counts`: the rows of a log, or the closed hours. */
export const metricCursors = sqliteTable('metric_cursors', {
  name: text('name').primaryKey(),
  position: integer('position').notNull(),
});

/** Answers that came as slates (workers/storage/shown-answers.ts). */
export const shownAnswers = sqliteTable('shown_answers', {
  // Hash of the answer's id.
  answer: integer('answer').primaryKey(),
  shownAt: integer('shown_at').notNull(),
  release: text('release'),
  country: text('country'),
  platform: text('platform'),
  // JSON: EXPERIMENT:VARIANT of each experiment that made a difference.
  variants: text('variants').notNull(),
  // JSON: kind and first position of each row, in order.
  rows: text('rows').notNull(),
});

/** Items that were shown or played on a day. The migration makes it WITHOUT ROWID. */
export const actedItems = sqliteTable(
  'acted_items',
  {
    /** Days since the epoch. */
    day: integer('day').notNull(),
    act: text('act', { enum: ['shown', 'played'] }).notNull(),
    itemId: text('item_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.act, table.itemId] })],
);

export const subscriptions = sqliteTable('subscriptions', {
  subscriptionId: text('subscription_id').primaryKey(),
  url: text('url').notNull(),
  // JSON: a list of types (models/contracts/subscription.ts).
  events: text('events').notNull(),
  // Signing needs it in plain text. It is in no answer but the first, in no snapshot and in no message.
  secret: text('secret').notNull(),
  createdAt: integer('created_at').notNull(),
  deliveredAt: integer('delivered_at'),
  outcome: text('outcome'),
  failures: integer('failures').notNull(),
});

/** Releases that subscribers were told of. */
export const announcedReleases = sqliteTable('announced_releases', {
  release: text('release').primaryKey(),
  announcedAt: integer('announced_at').notNull(),
});

export const rules = sqliteTable('rules', {
  ruleId: text('rule_id').primaryKey(),
  // JSON (models/contracts/rule.ts): rules are only read whole.
  body: text('body').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Keys that `/v1/keys` created. Deleting a key deletes its row. */
export const keys = sqliteTable('keys', {
  keyId: text('key_id').primaryKey(),
  name: text('name').notNull(),
  // SHA-256 of the key's text in hex. The text itself is not stored.
  hash: text('hash').notNull(),
  // JSON lists of text (models/contracts/key.ts).
  scopes: text('scopes').notNull(),
  origins: text('origins'),
  createdAt: integer('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  expiresAt: integer('expires_at'),
  // Requests a minute; null if the setting for all keys applies.
  ratePerMinute: integer('rate_per_minute'),
});

/** Issuers of players' tokens that `/v1/issuers` created, with their public keys as last read. */
export const issuers = sqliteTable(
  'issuers',
  {
    issuerId: text('issuer_id').primaryKey(),
    issuer: text('issuer').notNull(),
    jwksUrl: text('jwks_url').notNull(),
    audience: text('audience').notNull(),
    claim: text('claim').notNull(),
    prefix: text('prefix').notNull(),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    // JSON (models/contracts/jwk-set.ts).
    jwks: text('jwks').notNull(),
    keysReadAt: integer('keys_read_at').notNull(),
    // Time at which an isolate last began to read them: one reads for all.
    keysTriedAt: integer('keys_tried_at').notNull(),
    keysFailure: text('keys_failure'),
  },
  (table) => [uniqueIndex('issuers_audience').on(table.issuer, table.audience)],
);

/** Changes by administrators, the newest AUDIT_ENTRIES_MAX of them (models/contracts/audit.ts). */
export const auditLog = sqliteTable('audit_log', {
  entryId: integer('entry_id').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  keyId: text('key_id').notNull(),
  method: text('method').notNull(),
  path: text('path').notNull(),
  // JSON object: the path's parameters, without the player's id.
  ids: text('ids').notNull(),
  // Null until the change has been answered.
  status: integer('status'),
  // JSON, cut to AUDIT_STATE_BYTES_MAX.
  before: text('before'),
  after: text('after'),
});

/** Guests who have become players: events still under way belong to the player. */
export const merges = sqliteTable(
  'merges',
  {
    // Exports page by it. An implicit rowid could be reused, or change when the table is copied.
    row: integer('row').primaryKey({ autoIncrement: true }),
    fromUserId: text('from_user_id').notNull(),
    toUserId: text('to_user_id').notNull(),
    mergedAt: integer('merged_at').notNull(),
    // See workers/storage/merges.ts. Earlier versions moved the guest's log at once.
    state: text('state', { enum: ['open', 'finishing', 'finished', 'parting'] })
      .notNull()
      .default('finished'),
  },
  // An erasure finds a player's guests by the second.
  (table) => [uniqueIndex('merges_from').on(table.fromUserId), index('merges_to').on(table.toUserId)],
);

export const batchGalleries = sqliteTable(
  'batch_galleries',
  {
    userId: text('user_id').primaryKey(),
    // JSON (models/contracts/stored-gallery.ts).
    body: text('body').notNull(),
    computedAt: integer('computed_at').notNull(),
  },
  (table) => [index('batch_galleries_computed').on(table.computedAt)],
);

/** Slates of each UTC day; the sampling rate of the next ones follows from them (workers/storage/slates.ts). */
export const slateCounts = sqliteTable('slate_counts', {
  /** Days since the epoch. */
  day: integer('day').primaryKey(),
  seen: integer('seen').notNull(),
  seenBytes: integer('seen_bytes').notNull(),
  logged: integer('logged').notNull(),
  loggedBytes: integer('logged_bytes').notNull(),
});

/** The messages of a batch of the queue `slates` that were counted: a message that is delivered again is not. */
export const countedBatches = sqliteTable('counted_batches', {
  /** Epoch milliseconds, increasing. */
  countedAt: integer('counted_at').primaryKey(),
  /** Ids of the messages, as JSON. */
  ids: text('ids').notNull(),
});

/**
 * The last event of each mark kind, by player and item, of the events that have left `events`. The migration makes it
 * WITHOUT ROWID, which drizzle cannot say: it may be the largest table.
 */
export const archivedMarks = sqliteTable(
  'archived_marks',
  {
    userId: text('user_id').notNull(),
    itemId: text('item_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    id: text('id').notNull(),
    value: real('value'),
    timestamp: integer('timestamp').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.itemId, table.type] })],
);

/** The key of the hashes in `erased_users`: one row. */
export const erasureKey = sqliteTable('erasure_key', {
  id: integer('id').primaryKey(),
  key: text('key').notNull(),
});

/** Erased players, by hash: rows from before their erasure are rejected, whatever their source. */
export const erasedUsers = sqliteTable('erased_users', {
  userHash: text('user_hash').primaryKey(),
  erasedAt: integer('erased_at').notNull(),
});

/** Requests to erase a player; they stay as receipts. */
export const erasures = sqliteTable(
  'erasures',
  {
    erasureId: text('erasure_id').primaryKey(),
    userHash: text('user_hash').notNull(),
    requestedAt: integer('requested_at').notNull(),
    finishedAt: integer('finished_at'),
    // Version of the first snapshot without the player; releases trained on it or a later one have not seen them.
    snapshot: text('snapshot'),
  },
  // One at a time for each player.
  (table) => [uniqueIndex('erasures_running').on(table.userHash).where(sql`finished_at is null`)],
);

/** The ids that an erasure still has to look for: the player's and those of merged guests. */
export const erasureUsers = sqliteTable(
  'erasure_users',
  {
    erasureId: text('erasure_id').notNull(),
    userId: text('user_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.erasureId, table.userId] }), index('erasure_users_user').on(table.userId)],
);

/** One store of an erasure. */
export const erasureStores = sqliteTable(
  'erasure_stores',
  {
    erasureId: text('erasure_id').notNull(),
    store: text('store').notNull(),
    // Rows of the player before they were erased.
    rows: integer('rows'),
    finishedAt: integer('finished_at'),
  },
  (table) => [primaryKey({ columns: [table.erasureId, table.store] })],
);

/** The part of the log that has been counted: one row. */
export const rollUp = sqliteTable('roll_up', {
  id: integer('id').primaryKey(),
  // Every event up to here is in the counts.
  sequence: integer('sequence').notNull(),
  // Days since the epoch, UTC. Earlier days have no counts …
  countedFrom: integer('counted_from').notNull(),
  // … and the counts of days before this do not change by acts any more: their players are forgotten.
  openFrom: integer('open_from').notNull(),
  // The day for which `item_totals` was computed, and the day from which it counts back; 0 before the first time.
  totalsDay: integer('totals_day').notNull(),
  anchorDay: integer('anchor_day').notNull(),
  // Players added or removed since then on the days in `item_totals`.
  latePlayers: integer('late_players').notNull(),
  // Games for which one player counts, per type of event and day. Earlier versions counted them all.
  gamesPerDay: integer('games_per_day').notNull().default(2_147_483_647),
  // All players with events up to this sequence have their counts in the database of their new events, and only there.
  movedUntil: integer('moved_until').notNull().default(0),
});

/** Acts of a player on a game on a day: views, clicks and plays, each once. */
export const playerDays = sqliteTable(
  'player_days',
  {
    day: integer('day').notNull(),
    userId: text('user_id').notNull(),
    itemId: text('item_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    lastAt: integer('last_at').notNull(),
    // Of the last event; empty if unknown, since null is not equal to null.
    country: text('country').notNull(),
    // Minutes played, summed.
    value: real('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.userId, table.itemId, table.type] })],
);

/** Facts about a player and a game, until they are taken back: likes, ratings, wishes, purchases, dismissals. */
export const playerFacts = sqliteTable(
  'player_facts',
  {
    userId: text('user_id').notNull(),
    itemId: text('item_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    // 0 if only the retraction is known.
    actedAt: integer('acted_at').notNull(),
    // 0 if it was never retracted.
    retractedAt: integer('retracted_at').notNull(),
    country: text('country').notNull(),
    // The rating.
    value: real('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.itemId, table.type] })],
);

/** Players who had everything forgotten, and when for the last time. */
export const playerResets = sqliteTable('player_resets', {
  userId: text('user_id').primaryKey(),
  resetAt: integer('reset_at').notNull(),
});

/** Players of an item by day, event type and country. */
export const dailyCounts = sqliteTable(
  'daily_counts',
  {
    day: integer('day').notNull(),
    itemId: text('item_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    // Empty if unknown.
    country: text('country').notNull(),
    players: integer('players').notNull(),
    // Sum of the players' weights (models/features/weights.ts).
    weight: real('weight').notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.itemId, table.type, table.country] })],
);

/** Changes of counts within one transaction; empty between transactions. */
/** The days of players' facts that change within a transaction. */
export const changedFacts = sqliteTable(
  'changed_facts',
  {
    userId: text('user_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    day: integer('day').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.type, table.day] })],
);

export const countChanges = sqliteTable('count_changes', {
  day: integer('day').notNull(),
  itemId: text('item_id').notNull(),
  type: text('type', { enum: EVENT_TYPES }).notNull(),
  country: text('country').notNull(),
  players: integer('players').notNull(),
  value: real('value').notNull(),
  weight: real('weight').notNull(),
});

/** Sums of `daily_counts` by day. */
export const dayTotals = sqliteTable('day_totals', {
  day: integer('day').primaryKey(),
  players: integer('players').notNull(),
});

/** Votes by item: one for each player who likes, dislikes or rates it, whenever that was. */
export const itemRatings = sqliteTable('item_ratings', {
  itemId: text('item_id').primaryKey(),
  votes: integer('votes').notNull(),
  // On the scale of ratings.
  sum: real('sum').notNull(),
});

/** Sums of `daily_counts` over the past, computed once a day, so that statistics read only the newest days. */
export const itemTotals = sqliteTable(
  'item_totals',
  {
    // Empty for the world.
    country: text('country').notNull(),
    itemId: text('item_id').notNull(),
    popularity: real('popularity').notNull(),
    // Weight of interest in the days that trends compare the newest with.
    beforeWeight: real('before_weight').notNull(),
  },
  (table) => [primaryKey({ columns: [table.country, table.itemId] })],
);

/** Experiments; those that run are published. */
export const experiments = sqliteTable('experiments', {
  experimentId: text('experiment_id').primaryKey(),
  // JSON, without the id and the state.
  body: text('body').notNull(),
  state: text('state', { enum: EXPERIMENT_STATES }).notNull(),
  // Grows with each change: a writer replaces only the one it has read.
  revision: integer('revision').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Answers that experiments made a difference to, until the job has added them to their players' totals. */
export const exposures = sqliteTable('exposures', {
  row: integer('row').primaryKey({ autoIncrement: true }),
  experimentId: text('experiment_id').notNull(),
  userId: text('user_id').notNull(),
  // JSON: the exposure.
  body: text('body').notNull(),
  at: integer('at').notNull(),
});

/** The totals of the players of experiments. */
export const experimentUsers = sqliteTable(
  'experiment_users',
  {
    experimentId: text('experiment_id').notNull(),
    userId: text('user_id').notNull(),
    // JSON: models/experiments/user-totals.ts.
    totals: text('totals').notNull(),
  },
  // By user first: erasures ask for users.
  (table) => [primaryKey({ columns: [table.userId, table.experimentId] })],
);

/** The tallies of experiments, as they were at the end of each UTC day; the last one is kept up. */
export const experimentDays = sqliteTable(
  'experiment_days',
  {
    experimentId: text('experiment_id').notNull(),
    day: integer('day').notNull(),
    // JSON: models/experiments/tally.ts.
    tally: text('tally').notNull(),
  },
  (table) => [primaryKey({ columns: [table.experimentId, table.day] })],
);

/** The last row of each of the log's databases whose event is in the players' totals. */
export const experimentCursors = sqliteTable('experiment_cursors', {
  shard: integer('shard').primaryKey(),
  row: integer('row').notNull(),
});

/** One row: it grows with each page of exposures and events, so that none is counted twice. */
export const experimentPages = sqliteTable('experiment_pages', {
  id: integer('id').primaryKey(),
  page: integer('page').notNull(),
});

/** First rows in which two variants took turns. */
export const interleavedRows = sqliteTable('interleaved_rows', {
  recommendationId: text('recommendation_id').primaryKey(),
  experimentId: text('experiment_id').notNull(),
  // JSON: ids of items by variant.
  teams: text('teams').notNull(),
  at: integer('at').notNull(),
});

/** Comparisons of shadows with the answers that were shown, summed. */
export const experimentShadows = sqliteTable(
  'experiment_shadows',
  {
    experimentId: text('experiment_id').notNull(),
    variant: text('variant').notNull(),
    answers: integer('answers').notNull(),
    failed: integer('failed').notNull(),
    overlap: real('overlap').notNull(),
    // Answers that a model gave values for, and the sums of these.
    valued: integer('valued').notNull(),
    shownValue: real('shown_value').notNull(),
    shadowValue: real('shadow_value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.experimentId, table.variant] })],
);
