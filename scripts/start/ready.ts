// The last lines of a start: programs read the address; people read what is missing and how to end it.

const WITHOUT_MODEL =
  'without a personal model: galleries show what is popular and new. The trainer tries again with each snapshot; ' +
  '`npm run train` tries now, for longer';

/** Returns the page's address with the development key in its fragment, which no request contains. */
export const addKey = (url: string, key: string): string => `${url}/#key=${encodeURIComponent(key)}`;

/** `hasRelease`: whether a model is in use. */
export const describeReady = (address: string, hasRelease: boolean): string =>
  `ready ${address}${hasRelease ? '' : ` ${WITHOUT_MODEL}`}\nLeave this running; Ctrl-C ends it.`;
