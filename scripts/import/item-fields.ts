// Reads the texts in which catalogues write titles, labels, prices and dates. What it cannot read it leaves out; it
// does not guess between two readings.

import { MICROSECONDS_FROM, NANOSECONDS_FROM, SECONDS_BELOW } from './event-sql.ts';

const CONTROL = /[\p{Cc}\p{Cs}]+/gu;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Trims the text, makes control characters spaces, and cuts it between characters as people see them, at `lengthMax`
 * UTF-16 units.
 */
export function trimText(text: string, lengthMax: number): string {
  const clean = text.toWellFormed().replaceAll('\ufffd', '').replace(CONTROL, ' ').trim();
  if (clean.length <= lengthMax) return clean;
  let end = 0;
  // A little more than fits is enough to see the last boundary.
  for (const { index, segment } of graphemes.segment(clean.slice(0, lengthMax + 64))) {
    if (index + segment.length > lengthMax) break;
    end = index + segment.length;
  }
  return clean.slice(0, end).trim();
}

/** The texts of a JSON or Python list; undefined for any other text, such as the name “[geim].pro”. */
export function readList(text: string): string[] | undefined {
  const list = text.trim();
  if (!list.startsWith('[') || !list.endsWith(']')) return undefined;
  try {
    return (JSON.parse(list) as unknown[]).flat(2).filter((value) => typeof value === 'string');
  } catch {
    const quoted = Array.from(list.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g), ([, single, double]) =>
      (single ?? double!).replaceAll(/\\(.)/g, '$1'),
    );
    return quoted.length > 0 ? quoted : undefined;
  }
}

/** JSON and Python lists, or text separated by `|`, else `;`, else `,`; brackets around such text are dropped. */
export function readLabels(text: string): string[] {
  const list = readList(text);
  if (list !== undefined) return list;
  const [, plain = text] = /^\s*\[(.*)\]\s*$/s.exec(text) ?? [];
  const separator = ['|', ';', ','].find((one) => plain.includes(one));
  return (separator === undefined ? [plain] : plain.split(separator)).map((label) => label.trim());
}

const CURRENCIES: Record<string, string> = {
  '€': 'EUR',
  $: 'USD',
  US$: 'USD',
  R$: 'BRL',
  A$: 'AUD',
  C$: 'CAD',
  CDN$: 'CAD',
  '£': 'GBP',
  '¥': 'JPY',
  '₽': 'RUB',
  '₩': 'KRW',
  '₹': 'INR',
  '₴': 'UAH',
  '₺': 'TRY',
  zł: 'PLN',
  kr: 'SEK',
};
const FREE = /^\s*(play for )?free\b/i;
const PRICE = /^(?<before>[^\d\s.,-]*)\s*(?<number>\d[\d.,'\u00a0\u202f ]*?)\s*(?:-{1,2}|–)?\s*(?<after>[^\d\s.,-]*)$/u;

export interface Price {
  amount: number;
  /** An ISO 4217 code. */
  currency: string | undefined;
}

/** “19.99”, “19,99€”, “$4.99”, “1.299,00 €”, “CHF 20”, “Free to Play”. */
export function readPrice(text: string): Price | undefined {
  if (FREE.test(text)) return { amount: 0, currency: undefined };
  const { before, number, after } = PRICE.exec(text.trim())?.groups ?? {};
  if (number === undefined) return undefined;
  // A code after the number says more than a sign before it: “$20 CAD”.
  const unit = after || before || '';
  const currency = CURRENCIES[unit] ?? (/^[a-z]{3}$/i.test(unit) ? unit.toUpperCase() : undefined);
  if (unit !== '' && currency === undefined) return undefined;
  const amount = readAmount(number);
  return amount === undefined ? undefined : { amount, currency };
}

/** Digits, in groups of three or without groups; in India, groups before the last have two digits. */
const WHOLE = /^(\d+|\d{1,3}(([.,])\d{3})(\3\d{3})*|\d{1,2}(,\d{2})*,\d{3})$/;

/** Repeated separators, and a comma before three digits, group thousands; the last other one is the decimal point. */
function readAmount(number: string): number | undefined {
  const digits = number.replace(/['\s\u00a0\u202f]/g, '');
  const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
  if (last < 0) return Number(digits);
  const isThousands = /^\d{1,3}((\.\d{3}){2,}|(,\d{3})+)$/.test(digits);
  const whole = digits.slice(0, isThousands ? undefined : last);
  if (!WHOLE.test(whole)) return undefined;
  const plain = whole.replace(/[.,]/g, '');
  const amount = Number(isThousands ? plain : `${plain}.${digits.slice(last + 1)}`);
  return Number.isFinite(amount) ? amount : undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** A day, with or without a time, in digits alone. */
const DAY_DIGITS = /^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(([01]\d|2[0-3])[0-5]\d([0-5]\d)?)?$/;
const EPOCH_DIGITS = /^\d{9,19}(\.\d+)?$/;

/**
 * An ISO date, or null. Also reads “Sep 12, 2014”, “12 Sep 2014”, “12.9.2014”, “9/23/2014” if one number must be the
 * day, “20140912”, epoch times from seconds to nanoseconds, and a month or a year alone, which begin with their first
 * day.
 */
export function readDate(text: string): string | null {
  const clean = text.trim();
  const [, year, month, day] = DAY_DIGITS.exec(clean) ?? [];
  if (year !== undefined) return toIso(Number(year), Number(month), Number(day));
  if (EPOCH_DIGITS.test(clean)) return new Date(toMilliseconds(Number(clean))).toISOString().slice(0, 10);
  return readNumericDate(clean) ?? readNamedDate(clean);
}

/** The unit of an epoch time shows in its size, as in event-sql.ts. */
function toMilliseconds(epoch: number): number {
  if (epoch < SECONDS_BELOW) return epoch * 1e3;
  if (epoch < MICROSECONDS_FROM) return epoch;
  return epoch < NANOSECONDS_FROM ? epoch / 1e3 : epoch / 1e6;
}

function readNumericDate(text: string): string | null {
  const iso = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*)?$/.exec(text);
  if (iso) return toIso(Number(iso[1]), Number(iso[2] ?? 1), Number(iso[3] ?? 1));
  const [, first, separator, second, year] = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/.exec(text) ?? [];
  if (year === undefined) return null;
  const [a, b] = [Number(first), Number(second)];
  // Points separate day, month, year; with other separators only a number above 12 tells the day.
  if (separator === '.' || a > 12) return toIso(Number(year), b, a);
  return b > 12 || a === b ? toIso(Number(year), a, b) : null;
}

function readNamedDate(text: string): string | null {
  const words = text.toLowerCase().match(/\p{L}+|\d+/gu) ?? [];
  const month = words.map((word) => MONTHS.indexOf(word.slice(0, 3))).find((index) => index >= 0);
  const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number);
  const names = words.filter((word) => /^\p{L}/u.test(word) && !/^(st|nd|rd|th|of)$/.test(word));
  if (month === undefined || names.length !== 1 || numbers.length > 2) return null;
  const year = numbers.find((number) => number > 31);
  const day = numbers.find((number) => number <= 31) ?? 1;
  return year === undefined ? null : toIso(year, month + 1, day);
}

/** Null if there is no such day. */
function toIso(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isDay ? date.toISOString().slice(0, 10) : null;
}
