// Reads a form with one field.

/** Returns the field's trimmed text, and stops the browser from submitting the form. */
export function readSubmittedText(event: Event): string {
  event.preventDefault();
  const [text] = new FormData(event.target as HTMLFormElement).values();
  return String(text).trim();
}
