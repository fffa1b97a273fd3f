import type { Phone } from './actors.js';
import { Authenticator } from './authenticator.js';

/** The origin of a server without `PUBLIC_URL`, for its own machine: no browser has passkeys for an address. */
export const localOrigin = (url: string) => `http://localhost:${new URL(url).port}`;

/** Adds a passkey to the account of this phone. @returns the authenticator that has it, and its id at the server */
export async function addPasskey(phone: Phone): Promise<{ authenticator: Authenticator; id: string }> {
  const authenticator = new Authenticator(localOrigin(phone.url));
  const options = await phone.as('POST', '/v1/passkeys/options');
  const credential = authenticator.create(options.body);
  const added = await phone.as('POST', '/v1/passkeys', { credential, name: 'My phone' });
  if (added.status !== 201) throw new Error(`not added: ${JSON.stringify(added.body)}`);
  return { authenticator, id: added.body.id };
}
