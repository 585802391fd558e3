// A price in words, with its currency as the reader's browser writes it.

import type { Item } from '../models/contracts/item.ts';

/** By currency: to make a format takes longer than to draw a card. */
const formats = new Map<string | null, Intl.NumberFormat>();

/** A price without a currency is a bare number. */
export function describePrice({ price, currency }: Pick<Item, 'price' | 'currency'>): string | null {
  if (price === null) return null;
  return price === 0 ? 'Free' : formatOf(currency).format(price);
}

function formatOf(currency: string | null): Intl.NumberFormat {
  const format =
    formats.get(currency) ??
    (currency === null
      ? new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
      : new Intl.NumberFormat(undefined, { style: 'currency', currency }));
  formats.set(currency, format);
  return format;
}
