// A queue that collects its messages, for tests; it fails while `state.isDown`.

export function openFakeQueue<Body>() {
  const queued: Body[] = [];
  const state = { isDown: false };
  const queue = {
    async sendBatch(messages: { body: Body }[]) {
      if (state.isDown) throw new Error('the queue is down');
      queued.push(...messages.map(({ body }) => body));
    },
  } as unknown as Queue<Body>;
  return { queue, queued, state };
}
