// The last line of a start: programs read the address, people read what is missing.

const WITHOUT_MODEL =
  'without a personal model: galleries show what is popular and new. The trainer tries again with each snapshot; ' +
  '`npm run train` tries now, for longer';

/** `hasRelease`: whether a model is in use. */
export const describeReady = (url: string, hasRelease: boolean): string =>
  `ready ${url}${hasRelease ? '' : ` ${WITHOUT_MODEL}`}`;
