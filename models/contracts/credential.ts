// What admitted a caller, as an open connection remembers it: a connection ends when its key, token key or issuer does.
// It holds no secret.

/** The caller's key, or the key that signed the caller's token. */
export type Credential =
  /** `digest`: SHA-256 of a key in the Worker's environment, in hex. */
  | { kind: 'environment-key'; digest: string }
  | { kind: 'stored-key'; keyId: string }
  /** `kid`: the key that signed a token of this Worker. */
  | { kind: 'own-token'; kid: string }
  /** `kid`: the issuer's key; absent if its tokens name none. */
  | { kind: 'issuer-token'; issuerId: string; kid?: string };

/** Access of a connection to a player's stream. */
export interface StreamAccess {
  credential: Credential;
  /** Epoch milliseconds. */
  endsAt: number;
}

/** Header with a StreamAccess as formatted here. Set by the Worker, never by a client. */
export const STREAM_ACCESS_HEADER = 'bloodstream-stream-access';

/** Escaped, since an issuer may use any character in the id of a key, and a header may not. */
export const formatStreamAccess = (access: StreamAccess): string => encodeURIComponent(JSON.stringify(access));

/** Throws if the header is missing: only the Worker calls a player's object. */
export const parseStreamAccess = (header: string | null): StreamAccess => JSON.parse(decodeURIComponent(header ?? ''));
