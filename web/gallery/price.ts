// Formats a price with its currency in the locale of the browser.

import type { Item } from '../../models/contracts/item.ts';

/** Cached per currency: creating a format takes longer than rendering a card. */
const formats = new Map<string | null, Intl.NumberFormat>();

/** Null without a price; a price without a currency is a bare number. */
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
