import { describe, expect } from 'vitest';
import { PASSWORD, register } from '../support/actors.js';
import { startApp } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { DeviceKey } from '../support/device-key.js';
import { type HttpResponse, call } from '../support/http.js';
import { startServerProcess } from '../support/server-process.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Every server on the client's machine may be called localhost, an attacker's among them.

/** Signs in with a proof for the address of the call, a loopback address. */
async function signInWithProof(url: string): Promise<HttpResponse> {
  const address = `${url}/v1/sessions`;
  const json = { username: await register(url), password: PASSWORD, device: { id: 'x', type: 'phone' } };
  const DPoP = await (await DeviceKey.make()).proof('POST', address);
  return call('POST', address, { headers: { DPoP }, json });
}

// the built server detects its address in the network
const unconfigured = async () => {
  const process = await startServerProcess({ DATABASE_URL: await createDatabase() });
  return { url: process.url, close: () => process.stop() };
};

describe("a proof of a key that was made for this machine's own name", () => {
  attack('sent to a server that is reached by another name: a proof for any server on localhost is invalid there', {
    given: () => startApp({ PUBLIC_URL: 'https://login.example.org' }),
    when: async (app) => {
      const response = await signInWithProof(app.url);
      await app.close();
      return response;
    },
    then: (response) => expect(response).toMatchObject(refusal(401, 'proof_invalid')),
  });

  const starts: Record<string, () => Promise<{ url: string; close: () => Promise<unknown> }>> = {
    'http://localhost:3000': () => startApp({ PUBLIC_URL: 'http://localhost:3000' }),
    'https://[::1]': () => startApp({ PUBLIC_URL: 'https://[::1]' }),
    'no configured address': unconfigured,
  };
  for (const [where, given] of Object.entries(starts)) {
    attack(`sent to a server that is tried out at ${where}: browsers on this machine can bind sessions to keys`, {
      given,
      when: async ({ url, close }) => {
        const response = await signInWithProof(url);
        await close();
        return response;
      },
      then: ({ status, body }) => expect({ status, type: body.tokenType }).toEqual({ status: 201, type: 'DPoP' }),
    });
  }
});
