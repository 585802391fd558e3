// Prints a request as a shell command, with a variable instead of its key or token.

import type { FuzzedRequest } from './request.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `url`: the server's origin. */
export function formatCurl({ method, path, headers, body, credential }: FuzzedRequest, url: string): string {
  const isText = typeof body === 'string';
  return [
    ...(body === undefined || isText ? [] : [`base64 -d <<< ${Buffer.from(body).toString('base64')} |`]),
    `curl --path-as-is -X ${method}`,
    ...(credential.bearer === undefined ? [] : [`-H "authorization: Bearer ${credential.placeholder}"`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(isText ? [`--data-raw ${quote(body)}`] : body === undefined ? [] : ['--data-binary @-']),
    quote(url + path),
  ].join(' ');
}
