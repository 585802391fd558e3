// What the client sends and receives. Copies of models/contracts, whose schemas need Zod; tests/client-types.check.ts
// compares the two. Names that the server may add to, such as tiers, are plain strings.

export type EventType =
  | 'impression'
  | 'view'
  | 'click'
  | 'search'
  | 'like'
  | 'dislike'
  | 'rate'
  | 'play'
  | 'wishlist'
  | 'purchase'
  | 'dismiss'
  | 'unlike'
  | 'undismiss'
  | 'refund'
  | 'unwishlist'
  | 'reset';

export interface EventContext {
  platform?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** BCP 47 tag. */
  locale?: string;
}

/** Something the player did. The client adds the id, the player and the time. */
export interface NewEvent {
  type: EventType;
  /** Required for every type except search and reset. */
  itemId?: string;
  /** rate: 0.5–5. play: minutes. view: seconds. purchase: the price paid. */
  value?: number;
  /** Required for search. */
  query?: string;
  /** The answer that the event reacts to. */
  recommendationId?: string;
  /** Position in that answer, counted over all rows from 0. */
  position?: number;
  context?: EventContext;
}

export interface EventInput extends NewEvent {
  /** Idempotency key. */
  id: string;
  userId: string;
  /** Epoch milliseconds on the server's clock. */
  timestamp?: number;
}

export interface EventResult {
  id: string;
  status: 'accepted' | 'duplicate' | 'rejected';
  /** For a rejected event: the field and what is wrong with it. */
  reason?: string;
}

export interface Item {
  itemId: string;
  title: string;
  genres: string[];
  tags: string[];
  developer: string | null;
  releaseDate: string | null;
  price: number | null;
  currency: string | null;
  ageRating: number | null;
  platforms: string[];
  /** A path is relative to the server. */
  coverUrl: string | null;
  hidden: boolean;
}

export interface RecommendedItem {
  itemId: string;
  score: number;
  reason: string;
  /** With `expand: 'item'`. */
  item?: Item;
}

export interface Answer {
  /** Belongs in the events that react to this answer. */
  recommendationId: string;
  /** online, nearline, batch or statistics. */
  tier: string;
  release: string | null;
  generatedAt: string;
  dataUntil: string | null;
  /** Steps that fell back; empty if none did. */
  degraded: { step: string; reason: string }[];
  /** The player’s variants, of the experiments that made a difference to this answer. */
  experiments: { experimentId: string; variant: string }[];
}

export interface GalleryRow {
  id: string;
  title: string;
  reason: string;
  items: RecommendedItem[];
}

export interface Gallery extends Answer {
  rows: GalleryRow[];
  /** If there is no row: the filters that removed the games. */
  emptiedBy?: string[];
}

export interface Recommendations extends Answer {
  items: RecommendedItem[];
}

export interface Preferences {
  genres: string[];
  items: string[];
  lessGenres: string[];
  mutedGenres: string[];
  mutedTags: string[];
  /** From −1 (hidden gems) to 1 (hits). */
  popularity: number;
  releasedFrom: string | null;
  releasedUntil: string | null;
  ageLimit: number | null;
}

/** A gallery is ready. */
export interface Notice {
  /** Counts up by one, separately for each player. */
  id: number;
  type: 'gallery.ready';
  recommendationId: string;
  generatedAt: string;
  /** Ids of the events and of the changes of preferences since the last notice; empty if unknown. */
  causes: string[];
  changed: { rowsAdded: string[]; rowsRemoved: string[]; itemsAdded: string[] };
}

export interface AnswerQuery extends EventContext {
  /** Maximum number of items; in a gallery, per row. */
  n?: number;
  /** Adds the whole item to each id. */
  expand?: 'item';
  /** Years. */
  ageLimit?: number;
  deadlineMs?: number;
}

export interface GalleryQuery extends AnswerQuery {
  /** Ids of items to leave out, 200 at most. */
  exclude?: readonly string[];
}

/** The query of recommendations and of similar items. */
export interface PageQuery extends GalleryQuery {
  /** Number of items to skip. */
  offset?: number;
  /** Id of the first page. */
  recommendationId?: string;
  genre?: string;
}

export interface SearchQuery extends AnswerQuery {
  /** False for search as you type: the search is no signal. */
  record?: boolean;
}
