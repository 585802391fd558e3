// Shares the object's one alarm between its duties. Each has a due time in storage, so that neither an eviction nor a
// restart loses it, and a failure of one leaves the other alone. Without a duty no alarm is set.

import { logError } from '../logging/log.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { DocumentStore, Duty, PlannedDuty } from './documents.ts';

const DUTIES = ['backup', 'log'] as const satisfies Duty[];

/** `done`, or the milliseconds until the next run. */
export type DutyOutcome = 'done' | number;

/** Delays double with each failure; `failuresMax`: then the duty ends until something plans it again. */
const RETRIES: Record<Duty, { firstMs: number; maxMs: number; failuresMax: number }> = {
  backup: { firstMs: 2_000, maxMs: 64_000, failuresMax: 6 },
  log: { firstMs: 30_000, maxMs: 600_000, failuresMax: Number.POSITIVE_INFINITY },
};
/** A run that takes longer has failed: a store that hangs must not hold up the other duty. */
export const RUN_MAX_MS = 30_000;

export class Schedule {
  readonly #storage: DurableObjectStorage;
  readonly #documents: DocumentStore;
  /** Undefined: unknown. */
  #alarmAt: number | null | undefined;

  /** `alarmAt`: the alarm that is set. An alarm that the platform has given up is set again. */
  constructor(storage: DurableObjectStorage, documents: DocumentStore, alarmAt: number | null) {
    this.#storage = storage;
    this.#documents = documents;
    this.#alarmAt = alarmAt;
    if (alarmAt === null) this.#setAlarm();
  }

  has(duty: Duty): boolean {
    return this.#read()[duty] !== undefined;
  }

  /** Makes the duty due at `dueAt` or earlier. Planned while it runs, it runs once more. */
  plan(duty: Duty, dueAt: number): void {
    const planned = this.#read()[duty];
    if (planned !== undefined && !planned.isRunning && planned.dueAt <= dueAt) return;
    this.#write(duty, { dueAt, failures: planned?.failures ?? 0, isRunning: false });
    this.#setAlarm();
  }

  /** Ends all duties. */
  clear(): void {
    this.#documents.delete('schedule');
    this.#setAlarm();
  }

  /** Runs the duties that are due. Never throws for a duty's failure: the next run is planned here. */
  async run(perform: Record<Duty, () => Promise<DutyOutcome>>): Promise<void> {
    this.#alarmAt = undefined;
    const now = Date.now();
    const due = DUTIES.filter((duty) => (this.#read()[duty]?.dueAt ?? Number.POSITIVE_INFINITY) <= now);
    await Promise.all(due.map((duty) => this.#runDuty(duty, perform[duty])));
    this.#setAlarm();
  }

  async #runDuty(duty: Duty, perform: () => Promise<DutyOutcome>): Promise<void> {
    const failures = this.#read()[duty]?.failures ?? 0;
    this.#write(duty, { dueAt: Date.now() + 2 * RUN_MAX_MS, failures, isRunning: true });
    let outcome: DutyOutcome | undefined;
    try {
      outcome = await withDeadline(perform(), RUN_MAX_MS);
    } catch (error) {
      logError('duty failed', { duty, failures, error: (error as Error).message });
    }
    const failed = outcome === undefined ? failures + 1 : 0;
    const replanned = this.#read()[duty];
    if (replanned?.isRunning === false) this.#write(duty, { ...replanned, failures: failed });
    else if (outcome === 'done' || failed > RETRIES[duty].failuresMax) this.#write(duty, undefined);
    else {
      const { firstMs, maxMs } = RETRIES[duty];
      const delayMs = outcome ?? Math.min(firstMs * 2 ** (failed - 1), maxMs);
      this.#write(duty, { dueAt: Date.now() + delayMs, failures: failed, isRunning: false });
    }
  }

  #setAlarm(): void {
    const earliest = Math.min(...Object.values(this.#read()).map(({ dueAt }) => dueAt));
    const alarmAt = Number.isFinite(earliest) ? earliest : null;
    if (alarmAt === this.#alarmAt) return;
    this.#alarmAt = alarmAt;
    if (alarmAt === null) this.#storage.deleteAlarm();
    else this.#storage.setAlarm(alarmAt);
  }

  #read(): Partial<Record<Duty, PlannedDuty>> {
    return this.#documents.read('schedule') ?? {};
  }

  #write(duty: Duty, planned: PlannedDuty | undefined): void {
    const { [duty]: _, ...others } = this.#read();
    const schedule = planned === undefined ? others : { ...others, [duty]: planned };
    if (Object.keys(schedule).length === 0) this.#documents.delete('schedule');
    else this.#documents.write('schedule', schedule);
  }
}
