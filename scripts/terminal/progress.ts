// Shows the progress of a long command on stderr: one line rewritten on a terminal, elsewhere a line now and then.

const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 5_000;

export interface Progress {
  update(message: string): void;
  /** Clears the terminal's line for later output. */
  end(): void;
}

export function createProgress(): Progress {
  const { stderr } = process;
  const intervalMs = stderr.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
  let shownAt = performance.now();
  return {
    update(message) {
      if (performance.now() - shownAt < intervalMs) return;
      shownAt = performance.now();
      stderr.write(stderr.isTTY ? `\r\x1b[2K${message}` : `${message}\n`);
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\x1b[2K');
    },
  };
}
