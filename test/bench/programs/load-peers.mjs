// The load generator for servers that speak different languages.
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENTS } from '../peers/clients.mjs';
import { answers, ready } from '../support/answering.mjs';
import { keepDoing } from '../support/pace.mjs';

/** @type {Map<string, import('../peers/clients.mjs').Client[]>} */
const clients = new Map();

/**
 * The time that a person takes from seeing the code to approving: evenly spread, so that it falls anywhere in an
 * interval.
 */
const THINKING_S = { least: 2, most: 12 };

answers({
  /** Phones sign in. */
  async open({ name, url, people }) {
    const made = people.map((person) => CLIENTS[name](url, person));
    // one at a time, since a password check takes a processor
    for (const client of made) await client.signIn();
    clients.set(name, made);
  },

  /**
   * As people do it, all at once, each in their own time.
   * @returns milliseconds from the person's approval to the tokens, and the calls that one login took
   */
  async inPersonsTime({ name }) {
    const all = clients.get(name) ?? [];
    const before = callsOf(all);
    const took = await Promise.all(
      all.map(async (client, at) => {
        const attempt = await client.begin();
        const tokens = client.tokens(attempt);
        const share = (at + 0.5) / all.length;
        await sleep((THINKING_S.least + share * (THINKING_S.most - THINKING_S.least)) * 1000);
        const approved = performance.now();
        await client.approve(attempt);
        await tokens;
        return performance.now() - approved;
      }),
    );
    return { took, calls: (callsOf(all) - before) / all.length };
  },

  /** As fast as possible: the screen of a peer asks once, after the approval. */
  async asFastAsPossible({ name, seconds }) {
    return keepDoing(clients.get(name) ?? [], seconds, async (client) => {
      const attempt = await client.begin();
      if (name === 'scan-login') {
        const tokens = client.tokens(attempt);
        await client.approve(attempt);
        await tokens;
      } else {
        await client.approve(attempt);
        await client.tokens(attempt, true);
      }
    });
  },
});

function callsOf(all) {
  return all.reduce((total, client) => total + client.calls, 0);
}

ready();
