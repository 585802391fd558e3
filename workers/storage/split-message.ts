// Finds what belongs to a player in a queue's message: events, slates with exposures, or a notification, valid or
// not.

/** The parts of a message that belong to erased users, and the others. */
export interface SplitMessage {
  own: readonly unknown[];
  /** Undefined if nothing is left. */
  rest: unknown;
}

/**
 * `users`: the time of each one's erasure, epoch milliseconds; a part from later is another beginning and no part of
 * it. `receivedAt`: the time of parts that name none.
 */
export function splitMessage(body: unknown, users: ReadonlyMap<string, number>, receivedAt: number): SplitMessage {
  const isOwn = (part: unknown): boolean => {
    const { userId, at } = describePart(part);
    const until = userId === undefined ? undefined : users.get(userId);
    return until !== undefined && Math.min(at ?? receivedAt, receivedAt) <= until;
  };
  if (isOfAnswers(body)) return splitAnswers(body, isOwn);
  if (!Array.isArray(body)) return isOwn(body) ? { own: [body], rest: undefined } : { own: [], rest: body };
  const rest = body.filter((part) => !isOwn(part));
  return { own: body.filter(isOwn), rest: rest.length > 0 ? rest : undefined };
}

/** The users that a message names. */
export const listUsersIn = (body: unknown): string[] =>
  listParts(body).flatMap((part) => describePart(part).userId ?? []);

/** The answers of a message of the queue `slates`; none of any other. */
export function listAnswers(body: unknown): readonly Record<string, unknown>[] {
  const { answers } = fieldsOf(body);
  return Array.isArray(answers) ? answers.map(fieldsOf) : [];
}

function listParts(body: unknown): readonly unknown[] {
  if (isOfAnswers(body)) return listAnswers(body).flatMap(listPartsOfAnswer);
  return Array.isArray(body) ? body : [body];
}

const isOfAnswers = (body: unknown): boolean => fieldsOf(body).answers !== undefined;

/** Parts of an answer that name a player. */
const listPartsOfAnswer = (answer: Record<string, unknown>): readonly unknown[] => [
  ...(answer.slate === undefined || answer.slate === null ? [] : [answer.slate]),
  ...listExposures(answer),
];

/** The rest keeps what the isolate has counted, which names nobody. */
function splitAnswers(body: unknown, isOwn: (part: unknown) => boolean): SplitMessage {
  const own = listParts(body).filter(isOwn);
  if (own.length === 0) return { own, rest: body };
  const answers = listAnswers(body).flatMap((answer) => splitAnswer(answer, isOwn) ?? []);
  const { counts } = fieldsOf(body);
  const isEmpty = answers.length === 0 && Array.isArray(counts) && counts.length === 0;
  return { own, rest: isEmpty ? undefined : { ...fieldsOf(body), answers } };
}

/** Undefined if all that it had is the user's. */
function splitAnswer(answer: Record<string, unknown>, isOwn: (part: unknown) => boolean): unknown {
  if (!listPartsOfAnswer(answer).some(isOwn)) return answer;
  const slate = isOwn(answer.slate) ? null : answer.slate;
  const exposures = listExposures(answer).filter((part) => !isOwn(part));
  if (slate === null && exposures.length === 0) return undefined;
  return { ...answer, slate, ...(answer.exposures !== undefined && { exposures }) };
}

function listExposures({ exposures }: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(exposures) ? exposures : [];
}

function describePart(part: unknown): { userId?: string | undefined; at?: number | undefined } {
  const { userId, timestamp, receivedAt, shownAt, at, notification } = fieldsOf(part);
  if (notification !== undefined) {
    const { data, timestamp: sentAt } = fieldsOf(notification);
    return { userId: asText(fieldsOf(data).userId), at: asTime(sentAt) };
  }
  const times = [timestamp, receivedAt, shownAt, at].flatMap((time) => asTime(time) ?? []);
  return { userId: asText(userId), at: times.length > 0 ? Math.min(...times) : undefined };
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Epoch milliseconds, or an ISO time. */
function asTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}
