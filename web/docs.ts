// Shows the API document with Swagger UI, which docs.html loads from this Worker. Nothing is fetched from other hosts.

/** The part of Swagger UI that this page uses; the package has no types. */
declare const SwaggerUIBundle: (options: {
  url: string;
  dom_id: string;
  /** Null, so that no other host validates the document. */
  validatorUrl: null;
  /** False, since a link within each operation's button could not be reached by keyboard. */
  deepLinking: boolean;
  /** -1 hides the list of all schemas; each operation shows its own. */
  defaultModelsExpandDepth: -1;
  onComplete: () => void;
}) => unknown;

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  validatorUrl: null,
  deepLinking: false,
  defaultModelsExpandDepth: -1,
  onComplete: nameAuthorization,
});

/** Makes a landmark of the button that takes a key: Swagger UI puts it outside its landmarks. */
function nameAuthorization(): void {
  const container = document.querySelector('.scheme-container');
  container?.setAttribute('role', 'region');
  container?.setAttribute('aria-label', 'Authorization');
}
