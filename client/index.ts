// What a game imports.

export { type Client, type ClientOptions, createClient, createGuest, type StreamStart } from './client.ts';
export type { ShownAnswer } from './impressions.ts';
export { openIndexedStore } from './indexed-store.ts';
export type { LostEvent } from './kept-events.ts';
export { type OwnProblemType, Problem, type ProblemDocument } from './problem.ts';
export type { EventStore, KeptEvent } from './store.ts';
export type { GetToken } from './tokens.ts';
export type { CallInit, CallOptions, TransportOptions } from './transport.ts';
export type {
  Answer,
  AnswerQuery,
  EventContext,
  EventInput,
  EventResult,
  EventType,
  Gallery,
  GalleryQuery,
  GalleryRow,
  Item,
  NewEvent,
  Notice,
  PageQuery,
  Preferences,
  Recommendations,
  RecommendedItem,
  SearchQuery,
} from './types.ts';
