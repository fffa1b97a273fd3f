import type { Problem } from '@scan-login/nest/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTML, page } from './page.js';

/** Read once: anyone can ask for unknown addresses as often as they like. */
let text: Promise<string> | undefined;

/** Whether a person opened an address in a browser at which there is nothing. Calls of the API get the problem. */
export function isForPerson({ code }: Problem, { method, url, headers }: FastifyRequest): boolean {
  return (
    code === 'not_found' && method === 'GET' && !url.startsWith('/v1/') && /\btext\/html\b/.test(headers.accept ?? '')
  );
}

/** Sends the page that says that there is nothing here. */
export async function sendNotFound(reply: FastifyReply): Promise<void> {
  text ??= page('not-found.html');
  await reply
    .code(404)
    .headers({ 'Content-Type': HTML, 'Cache-Control': 'no-store' })
    .send(await text);
}
