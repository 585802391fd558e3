// A player's object with some methods only, for tests: they can also be called within a request, as the Worker does.

type Methods = Record<string, (...args: never[]) => unknown>;

export const fakeObject = <M extends Methods>(methods: M) => ({
  ...methods,
  inRequest: (_: string, name: string, args: never[]) => methods[name]!(...args),
});
