// The load generator: pairs of a screen and a phone that log in as fast as they are let.
import { answers, ready } from '../support/answering.mjs';
import { Pair } from '../support/login.mjs';
import { keepDoing } from '../support/pace.mjs';

answers({
  /**
   * With several servers, a screen and its phone talk to different ones.
   * @param {{ urls: string[], people: import('../support/people.mjs').Person[], seconds: number }} args
   */
  async logins({ urls, people, seconds }) {
    const pairs = people.map((person, at) => new Pair(person, urls[at % urls.length], urls[(at + 1) % urls.length]));
    const result = await keepDoing(pairs, seconds, (pair) => pair.login());
    for (const pair of pairs) pair.close();
    return result;
  },
  /** @returns the ids of the sessions that came of it */
  async loginEach({ url, people }) {
    const ids = [];
    for (const person of people) {
      const pair = new Pair(person, url);
      ids.push((await pair.login()).session.id);
      pair.close();
    }
    return ids;
  },
});
ready();
