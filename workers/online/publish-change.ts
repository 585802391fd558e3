// What every endpoint does after a change of the operators: the change holds in this isolate before it is acknowledged,
// and everywhere within 30 seconds.

import { isolate } from '../serving/isolate.ts';
import type { AppContext } from './endpoint.ts';

export const publishChange = ({ env, executionCtx }: AppContext): Promise<void> =>
  isolate.state.publish(env, Date.now(), (work) => executionCtx.waitUntil(work));
