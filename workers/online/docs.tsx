// The API reference: the OpenAPI document as one HTML page without scripts. web/docs.css is its style.

import { describe, exampleOf, listFields, type Resolve, type Schema } from './docs-schema.ts';
import { PROBLEM_KINDS } from './problems.ts';

/** The parts of an OpenAPI 3.1 document that the page shows. */
interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}
type Content = Record<string, { schema: Schema }>;
interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}
interface Endpoint extends Operation {
  id: string;
  method: string;
  path: string;
}

const findSchema = (content: Content | undefined) => Object.values(content ?? {})[0]?.schema;

/** `document`: from OpenAPIHono's getOpenAPI31Document. Returns a whole page. */
export function renderDocs(document: object): string {
  const { info, paths = {}, components } = document as Document;
  const resolve: Resolve = (schema) => components?.schemas?.[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
  const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]): Endpoint => ({
        ...operation,
        id: `${method}${path}`.replaceAll(/[^a-z0-9]+/gi, '-'),
        method: method.toUpperCase(),
        path,
      }),
    ),
  );
  const groups = [...Map.groupBy(endpoints, ({ tags }) => tags?.[0] ?? 'Other')];
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${info.title} API`}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/docs.css" />
      </head>
      <body>
        <Contents title={info.title} groups={groups} />
        <main>
          <Introduction {...info} />
          {groups.map(([tag, members]) => (
            <section>
              <h2>{tag}</h2>
              {members.map((endpoint) => (
                <EndpointView endpoint={endpoint} resolve={resolve} />
              ))}
            </section>
          ))}
          <Problems />
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${page}`;
}

const Contents = ({ title, groups }: { title: string; groups: [string, Endpoint[]][] }) => (
  <nav aria-label="Contents">
    <a class="brand" href="/">
      <img src="/icon.svg" alt="" width="30" height="30" />
      {title}
    </a>
    {groups.map(([tag, members]) => (
      <>
        <h2>{tag}</h2>
        <ul>
          {members.map(({ id, method, path }) => (
            <li>
              <a href={`#${id}`}>
                <Method method={method} /> <span>{path}</span>
              </a>
            </li>
          ))}
        </ul>
      </>
    ))}
    <h2>Errors</h2>
    <ul>
      <li>
        <a href="#problems">Problems</a>
      </li>
    </ul>
  </nav>
);

const Introduction = ({ title, description }: Document['info']) => (
  <>
    <h1>{title} API</h1>
    <p class="lead">{description}</p>
    <p>
      The same document as JSON: <a href="/openapi.json">/openapi.json</a>. Each request carries{' '}
      <code>Authorization: Bearer</code> and a key with the scope that the operation names; an <code>admin</code> key
      opens all of them. In the examples <code>$URL</code> is the address of the Worker (
      <code>http://localhost:8787</code> after <code>npm start</code>) and <code>$KEY</code> is a key.
    </p>
  </>
);

const Method = ({ method }: { method: string }) => <b class={`method ${method.toLowerCase()}`}>{method}</b>;

function EndpointView({ endpoint, resolve }: { endpoint: Endpoint; resolve: Resolve }) {
  const { id, method, path, summary, description, security, parameters = [], requestBody, responses } = endpoint;
  const title = summary ?? path;
  const scope = security?.flatMap((one) => Object.values(one).flat()).join(', ');
  const body = findSchema(requestBody?.content);
  const answers = Object.entries(responses).filter(([status]) => status < '300');
  const failures = Object.entries(responses).filter(([status]) => status >= '300');
  return (
    <article id={id}>
      <h3>{title}</h3>
      <p class="call">
        <Method method={method} /> <code>{path}</code>
        <span class="scope">{scope ? `scope ${scope}` : 'no key'}</span>
      </p>
      {description && (
        <p>
          <Prose text={description} />
        </p>
      )}
      <pre>{exampleCall(endpoint, resolve)}</pre>
      {parameters.length > 0 && (
        <FieldTable
          title="Parameters"
          operation={title}
          fields={parameters.map(({ name, required = false, schema, ...parameter }) => ({
            path: name,
            required,
            ...describe({ ...resolve(schema), description: parameter.description }, resolve),
          }))}
        />
      )}
      {body && <FieldTable title="Body" operation={title} fields={listFields(body, resolve)} />}
      {answers.map(([status, answer]) => (
        <details>
          <summary>
            <b>{status}</b> {answer.description}
          </summary>
          <FieldTable
            title="Answer"
            operation={`${title}, ${status}`}
            fields={listFields(findSchema(answer.content) ?? {}, resolve)}
          />
        </details>
      ))}
      {failures.length > 0 && (
        <ul class="failures">
          {failures.map(([status, { description }]) => (
            <li>
              <b>{status}</b> <Prose text={description} />
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

interface FieldTableProps {
  title: string;
  operation: string;
  fields: ReturnType<typeof listFields>;
}

function FieldTable({ title, operation, fields }: FieldTableProps) {
  if (fields.length === 0) return null;
  return (
    // A scrolling region must be reachable by keyboard, and its name must be unique.
    <section class="fields" aria-label={`${title}: ${operation}`} tabindex={0}>
      <table>
        <thead>
          <tr>
            <th>{title}</th>
            <th>Type</th>
            <th>Meaning</th>
          </tr>
        </thead>
        <tbody>
          {fields.map(({ path, type, required, limits, description }) => (
            <tr>
              <td>
                <code>{path}</code>
                {required && <small>required</small>}
              </td>
              <td>
                {type}
                {limits && <small>{limits}</small>}
              </td>
              <td>
                <Prose text={description} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Text in which backticks mark code. */
const Prose = ({ text }: { text: string }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
);

function exampleCall(
  { method, path, parameters = [], requestBody, responses, security }: Endpoint,
  resolve: Resolve,
): string {
  const url = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((filled, { name, schema }) => filled.replace(`{${name}}`, String(exampleOf(schema, resolve))), path);
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(exampleOf(schema, resolve)))}`);
  const body = findSchema(requestBody?.content);
  const address = query.length > 0 ? `${url}?${query.join('&')}` : url;
  const lines = [`curl${method === 'GET' || method === 'POST' ? '' : ` -X ${method}`} "$URL${address}"`];
  if (security) lines.push('-H "Authorization: Bearer $KEY"');
  if (responses['200']?.content?.['text/event-stream']) lines.push("-N -H 'Accept: text/event-stream'");
  if (body) lines.push(`--json '${JSON.stringify(exampleOf(body, resolve), null, 2)}'`);
  return lines.join(' \\\n  ');
}

const Problems = () => (
  <section id="problems">
    <h2>Problems</h2>
    <p>
      Every error is a problem document (RFC 9457, <code>application/problem+json</code>): a title, what the caller can
      do about it, and each invalid field.
    </p>
    <dl>
      {Object.entries(PROBLEM_KINDS).map(([kind, { status, title }]) => (
        <div id={`problem-${kind}`}>
          <dt>
            <b>{status}</b> <code>{kind}</code>
          </dt>
          <dd>{title}</dd>
        </div>
      ))}
    </dl>
  </section>
);
