// Finds errors in what the Worker has printed.

const ALERT = /"alert"|Uncaught|uncaught|\[ERROR\]/;

export const findAlerts = (log: string): string[] => log.split('\n').filter((line) => ALERT.test(line));
