// Keeps stdout free for the JSON of a command with --json: libraries print warnings there.

/** Sends everything else that is printed on stdout to stderr. Returns the function that prints JSON on stdout. */
export function reserveStdout(): (value: unknown, indent?: number) => void {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return (value, indent = 2) => {
    write(`${JSON.stringify(value, null, indent)}\n`);
  };
}

/** Returns the function that prints a result: as JSON and nothing else, or as text. */
export function openOutput(json: true | undefined): (result: object, text: string) => void {
  const printJson = json ? reserveStdout() : undefined;
  return (result, text) => (printJson ? printJson(result) : console.log(text));
}
