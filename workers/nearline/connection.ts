// One open connection to a player's stream, a WebSocket or server-sent events. stream.ts decides what it receives and
// when it ends.

import type { StreamAccess } from '../../models/contracts/credential.ts';
import type { Notice } from '../../models/contracts/notice.ts';

export interface Connection {
  access: StreamAccess;
  send(notice: Notice): void;
  /** Server-sent events have no code and no reason. */
  end(code: number, reason: string): void;
}
export type Reader = WritableStreamDefaultWriter<Uint8Array>;

/** `socket`: with a StreamAccess as its attachment. */
export function connectSocket(socket: WebSocket): Connection {
  const access: StreamAccess = socket.deserializeAttachment();
  return {
    access,
    send(notice) {
      try {
        socket.send(JSON.stringify(notice));
      } catch {
        // The socket is closing: the client receives the notice when it reconnects.
      }
    },
    end(code, reason) {
      // The socket is listed until its client has answered the close.
      socket.serializeAttachment({ ...access, endsAt: 0 } satisfies StreamAccess);
      socket.close(code, reason);
    },
  };
}

export interface ReaderConnection extends Connection {
  /** Sends a line that clients ignore. */
  comment(text: string): void;
}

export function connectReader(reader: Reader, access: StreamAccess): ReaderConnection {
  // A reader that is closed is forgotten by stream.ts.
  const write = (text: string) => reader.write(new TextEncoder().encode(text)).catch(() => {});
  return {
    access,
    send: (notice) => write(`id: ${notice.id}\nevent: ${notice.type}\ndata: ${JSON.stringify(notice)}\n\n`),
    comment: (text) => write(`: ${text}\n\n`),
    end() {
      access.endsAt = 0;
      reader.close().catch(() => {});
    },
  };
}
