// Shows the API document with Swagger UI, which docs.html loads from here. Nothing is fetched from elsewhere.

/** The parts of Swagger UI that are used; the package has no types. */
declare const SwaggerUIBundle: (options: {
  url: string;
  dom_id: string;
  /** Null: no other host validates the document. */
  validatorUrl: null;
  /** False: a link within each operation's button could not be reached by keyboard. */
  deepLinking: boolean;
  /** -1: no list of all schemas; each operation shows its own. */
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

/** Swagger UI puts the button that takes a key outside its landmarks. */
function nameAuthorization(): void {
  const container = document.querySelector('.scheme-container');
  container?.setAttribute('role', 'region');
  container?.setAttribute('aria-label', 'Authorization');
}
