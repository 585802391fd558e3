// Asks for the key if neither the page's address nor the tab has one.

import { readSubmittedText } from '../browser/form.ts';

interface KeyFormProps {
  /** The reason for refusing the last key. */
  problem: string | null;
  onKey: (key: string) => void;
}

export function KeyForm({ problem, onKey }: KeyFormProps) {
  const submit = (event: Event) => {
    const typed = readSubmittedText(event);
    if (typed !== '') onKey(typed);
  };
  return (
    <main class="key-form">
      <img src="/icon.svg" alt="" width="56" height="56" />
      <h1>Bloodstream</h1>
      <p>
        This gallery needs a key; the address that <code>npm start</code> prints contains one. The key stays in this tab
        and is forgotten when you close it.
      </p>
      {problem && <p role="alert">{problem}</p>}
      <form onSubmit={submit}>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
        <button type="submit" class="primary">
          Open the gallery
        </button>
      </form>
    </main>
  );
}
