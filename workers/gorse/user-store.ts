// What gorse's user endpoints read and write: rows of gorse's own fields, and players who are known by their events.

import type { Signals } from '../../models/contracts/signals.ts';
import type { AppContext } from '../online/endpoint.ts';
import { openPersonalData, type PersonalData } from '../online/personal-data.ts';
import {
  type GorseUser,
  type GorseUserPatch,
  listGorseUserIds,
  patchGorseUser,
  readGorseUsers,
  writeGorseUsers,
} from '../storage/gorse-users.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { compareUtf8 } from '../storage/parquet.ts';
import { listActiveUsers } from '../storage/users.ts';

export interface UserStore extends Pick<PersonalData, 'readMergeTarget' | 'beginErasure'> {
  readSignals(userId: string): Promise<Signals>;
  /** Ordered by id, after `afterId`. */
  listUserIds(afterId: string, limit: number): Promise<string[]>;
  readUsers(userIds: readonly string[]): Promise<Map<string, GorseUser>>;
  writeUsers(users: readonly GorseUser[]): Promise<void>;
  patchUser(userId: string, patch: GorseUserPatch): Promise<void>;
}

export const openUserStore = (c: AppContext): UserStore => ({
  ...openPersonalData(c),
  readSignals: (userId) => c.env.USER_SIGNALS.getByName(userId).readSignals(userId),
  listUserIds: async (afterId, limit) => {
    const [active, inserted] = await Promise.all([
      listActiveUsers([c.env.DB, ...listLogShards(c.env)], 0, afterId, limit),
      listGorseUserIds(c.env.DB, afterId, limit),
    ]);
    return [...new Set([...active.map(({ userId }) => userId), ...inserted])].sort(compareUtf8).slice(0, limit);
  },
  readUsers: (userIds) => readGorseUsers(c.env.DB, userIds),
  writeUsers: (users) => writeGorseUsers(c.env.DB, users, Date.now()),
  patchUser: (userId, patch) => patchGorseUser(c.env.DB, userId, patch, Date.now()),
});
