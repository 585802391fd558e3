// Reads a form of one field.

/** The field's trimmed text; the browser is kept from sending the form. */
export function submittedText(event: Event): string {
  event.preventDefault();
  const [text] = new FormData(event.target as HTMLFormElement).values();
  return String(text).trim();
}
