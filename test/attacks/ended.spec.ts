import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, Phone, register, screenAt, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { refusal, wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// P11: an ended session, a changed password or a deleted account leaves nothing behind that can become a session.

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0' });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const NEXT_PASSWORD = 'a new and better one';

function changePassword(phone: Phone, current = PASSWORD, next = NEXT_PASSWORD): Promise<HttpResponse> {
  return phone.as('POST', '/v1/account/password', { current, new: next });
}

/** Live sessions of an account, as the database has them. */
async function liveSessions({ tokens }: Phone, { db } = server): Promise<string[]> {
  const found = await db.query<{ id: string }[]>('SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL', [
    tokens!.account.id,
  ]);
  return found.map(({ id }) => id);
}

/** Ends a session without telling any instance, as when a signal is lost. */
async function endUnheard({ tokens }: Phone): Promise<void> {
  await server.db.query(`UPDATE sessions SET ended_at = now(), ended_reason = 'revoked' WHERE id = $1`, [
    tokens!.session.id,
  ]);
}

/** Each way in which the confirming session can end. */
const ENDINGS: Record<string, (phone: Phone) => Promise<unknown>> = {
  'the phone signs out': (phone) => phone.signOut(),
  'another phone ends the session': async (phone) => {
    const other = await signedInPhone(server.url, phone.username);
    expect((await other.as('DELETE', `/v1/sessions/${phone.tokens!.session.id}`)).status).toBe(204);
  },
  'the password is changed on another phone': async (phone) => {
    expect((await changePassword(await signedInPhone(server.url, phone.username))).status).toBe(204);
  },
  'the same phone signs in again, which replaces the session': async (phone) => {
    const again = Object.assign(new Phone(server.url, phone.username), { id: phone.id });
    expect((await again.signIn()).status).toBe(201);
  },
  'a used refresh token is used again': async (phone) => {
    const used = phone.tokens!.refreshToken;
    await phone.refresh(used);
    await server.db.query(`UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 s' WHERE session_id = $1`, [
      phone.tokens!.session.id,
    ]);
    expect(await phone.refresh(used)).toMatchObject(refusal(401, 'session_ended', { reason: 'refresh_reused' }));
  },
};

describe('a thief keeps a confirmed ticket in hand', () => {
  for (const [ending, end] of Object.entries(ENDINGS)) {
    attack(`and ${ending}: the ticket is cancelled, its screen hears of it at once, and it gives no session`, {
      given: async () => {
        const phone = await signedInPhone(server.url);
        const screen = await screenAt('confirmed', server, phone);
        const held = screen.poll('confirmed');
        await expect.poll(() => server.bell.waiters).toBe(1);
        return { phone, screen, held };
      },
      when: async ({ phone, screen, held }) => {
        await end(phone);
        return { told: await held, redeem: await screen.redeem() };
      },
      then: async ({ told, redeem }, { screen }) => {
        expect(told.body).toEqual({ code: 400, status: 'cancelled', expiresIn: 0 });
        expect(told.ms).toBeLessThan(5_000);
        expect(redeem).toMatchObject(wrongStatus('cancelled'));
        expect(await server.db.query('SELECT 1 FROM sessions WHERE device_id = $1', [screen.id])).toEqual([]);
      },
    });
  }

  attack('and the same phone changes its password: the ticket is cancelled, and it gives no session', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return { phone, screen: await screenAt('confirmed', server, phone) };
    },
    when: async ({ phone, screen }) => {
      expect((await changePassword(phone)).status).toBe(204);
      return screen.redeem();
    },
    then: async (response, { phone }) => {
      expect(response).toMatchObject(wrongStatus('cancelled'));
      expect(await liveSessions(phone)).toEqual([phone.tokens!.session.id]);
    },
  });

  attack('that its phone has only scanned, and the session ends: the screen hears that it is over', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      const screen = await screenAt('scanned', server, phone);
      const held = screen.poll('scanned');
      await expect.poll(() => server.bell.waiters).toBe(1);
      return { phone, held };
    },
    when: async ({ phone, held }) => {
      await phone.signOut();
      return held;
    },
    then: ({ body }) => expect(body).toEqual({ code: 400, status: 'cancelled', expiresIn: 0 }),
  });

  attack('and the account is deleted: the ticket gives no session', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return { phone, screen: await screenAt('confirmed', server, phone) };
    },
    when: async ({ phone, screen }) => {
      await server.db.query('DELETE FROM accounts WHERE id = $1', [phone.tokens!.account.id]);
      return screen.redeem();
    },
    then: async (response, { screen }) => {
      expect(response).toMatchObject(refusal(403, 'account_unavailable'));
      expect(await server.db.query('SELECT 1 FROM sessions WHERE device_id = $1', [screen.id])).toEqual([]);
    },
  });

  attack('and the session of the phone runs out by itself: the ticket gives no session', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return { phone, screen: await screenAt('confirmed', server, phone) };
    },
    when: async ({ phone, screen }) => {
      await server.db.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [phone.tokens!.session.id]);
      return screen.redeem();
    },
    then: (response) => expect(response).toMatchObject(refusal(410, 'ticket_expired')),
  });

  attack(
    'and redeems in the very moment in which the password is changed: no session is left but the one that changed it',
    {
      given: async () => {
        const owner = await signedInPhone(server.url);
        const phones = await Promise.all([1, 2, 3].map(() => signedInPhone(server.url, owner.username)));
        const screens = await Promise.all(
          Array.from({ length: 24 }, (_, nth) => screenAt('confirmed', server, phones[nth % 3]!)),
        );
        return { owner, screens };
      },
      when: async ({ owner, screens }) => {
        const changing = changePassword(owner);
        // in sequence, so that some come before the change, some during it, and some after it
        for (const screen of screens) await screen.redeem();
        return changing;
      },
      then: async (changed, { owner }) => {
        expect(changed.status).toBe(204);
        expect(await liveSessions(owner)).toEqual([owner.tokens!.session.id]);
      },
    },
  );
});

describe('a call repeated after the session that confirmed has ended', () => {
  attack('is a redeem, repeated because its response was lost: no second set of tokens', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      const screen = await screenAt('confirmed', server, phone);
      const lost = await screen.redeem();
      await phone.signOut();
      return { screen, lost };
    },
    when: ({ screen }) => screen.redeem(),
    then: (response, { lost }) => {
      expect(lost.status).toBe(200);
      expect(response).toMatchObject(wrongStatus('redeemed'));
    },
  });

  attack('is a redeem, repeated after the account was deleted: no tokens', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      const screen = await screenAt('confirmed', server, phone);
      expect((await screen.redeem()).status).toBe(200);
      await server.db.query('DELETE FROM accounts WHERE id = $1', [phone.tokens!.account.id]);
      return screen;
    },
    when: (screen) => screen.redeem(),
    then: (response) => expect(response).toMatchObject(refusal(403, 'account_unavailable')),
  });

  attack('is a confirm: it is told that the session has ended', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      const screen = await screenAt('confirmed', server, phone);
      expect((await phone.account()).status).toBe(200);
      await endUnheard(phone);
      return { phone, screen };
    },
    when: ({ phone, screen }) => phone.confirm(screen),
    then: (response) => expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' })),
  });
});

describe('the half second for which an instance may still take an ended session for a live one', () => {
  for (const step of ['scan', 'confirm'] as const) {
    attack(`is not enough to ${step}: the database is asked again`, {
      given: async () => {
        const phone = await signedInPhone(server.url);
        const screen = await screenAt(step === 'scan' ? 'pending' : 'scanned', server, phone);
        expect((await phone.account()).status).toBe(200);
        await endUnheard(phone);
        return { phone, screen };
      },
      when: ({ phone, screen }) => phone[step](screen),
      then: async (response, { screen }) => {
        expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
        expect((await screen.poll('pending', { wait: 0 })).body.status).toBe(step === 'scan' ? 'pending' : 'scanned');
      },
    });
  }

  for (const step of ['scan', 'confirm'] as const) {
    attack(`does not help a ${step} that comes while the session is being ended: it waits, and is refused`, {
      given: async () => {
        const phone = await signedInPhone(server.url);
        const screen = await screenAt(step === 'scan' ? 'pending' : 'scanned', server, phone);
        expect((await phone.account()).status).toBe(200);
        const ending = new Client({ connectionString: server.databaseUrl });
        await ending.connect();
        await ending.query('BEGIN');
        await ending.query(`UPDATE sessions SET ended_at = now(), ended_reason = 'revoked' WHERE id = $1`, [
          phone.tokens!.session.id,
        ]);
        return { phone, screen, ending };
      },
      when: async ({ phone, screen, ending }) => {
        const moving = phone[step](screen);
        const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE %tickets%'`;
        await expect.poll(async () => (await server.db.query(waiting))[0].n).toBe(1);
        await ending.query('COMMIT');
        await ending.end();
        return moving;
      },
      then: async (response, { screen }) => {
        expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
        expect((await screen.poll('pending', { wait: 0 })).body.status).toBe(step === 'scan' ? 'pending' : 'scanned');
      },
    });
  }

  attack('is not enough to end another session: the database is asked again', {
    given: async () => {
      const owner = await signedInPhone(server.url);
      const thief = await signedInPhone(server.url, owner.username);
      expect((await thief.account()).status).toBe(200);
      await endUnheard(thief);
      return { owner, thief };
    },
    when: ({ owner, thief }) => thief.as('DELETE', `/v1/sessions/${owner.tokens!.session.id}`),
    then: async (response, { owner }) => {
      expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
      expect((await owner.account()).status).toBe(200);
    },
  });

  attack('is not enough to change the password: the database is asked again', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      expect((await phone.account()).status).toBe(200);
      await endUnheard(phone);
      return phone;
    },
    when: (phone) => changePassword(phone),
    then: async (response, phone) => {
      expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
      expect((await phone.signIn(PASSWORD)).status).toBe(201);
    },
  });
});

describe('a thief who knows the old password, and signs in while it is changed', () => {
  attack('four sign-ins in flight, six times: none of their sessions outlives the change', {
    given: async () => {
      const busy = await startAppForTest({
        SESSIONS_PER_DEVICE_TYPE: '0',
        SIGN_IN_FAILURES_PER_ACCOUNT: '0',
      });
      return { busy, owner: await signedInPhone(busy.url) };
    },
    when: async ({ busy, owner }) => {
      const rounds: { thieves: HttpResponse[]; left: string[] }[] = [];
      let [current, next] = [PASSWORD, NEXT_PASSWORD];
      for (let round = 0; round < 6; round += 1) {
        const thieves = Array.from({ length: 4 }, () => new Phone(busy.url, owner.username));
        const [changed, ...responses] = await Promise.all([
          changePassword(owner, current, next),
          ...thieves.map((thief) => thief.signIn(current)),
        ]);
        expect(changed.status).toBe(204);
        rounds.push({ thieves: responses, left: await liveSessions(owner, busy) });
        [current, next] = [next, current];
      }
      return rounds;
    },
    then: (rounds, { owner }) => {
      for (const { left } of rounds) expect(left).toEqual([owner.tokens!.session.id]);
    },
  });
});

describe('a hijacked screen: a session that began by a scan is a companion, and not the owner', () => {
  const companion = refusal(403, 'companion_session');

  attack('it cannot see or end the phone that let it in, nor any other session, and finds out about none', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      const other = await signedInScreen(server.url, phone, 'tv');
      return { phone, other, screen: await signedInScreen(server.url, phone) };
    },
    when: async ({ phone, other, screen }) => ({
      list: await screen.sessions(),
      ends: await Promise.all(
        [phone.tokens!.session.id, other.tokens!.session.id, '00000000-0000-4000-8000-000000000000', 'nonsense'].map(
          (id) => screen.as('DELETE', `/v1/sessions/${id}`),
        ),
      ),
    }),
    then: async ({ list, ends }, { phone, other, screen }) => {
      expect(list.body.sessions).toMatchObject([{ id: screen.tokens!.session.id, current: true }]);
      expect(list.body.sessions).toHaveLength(1);
      for (const response of ends) expect(response).toMatchObject(companion);
      for (const alive of [phone, other]) expect((await alive.account()).status).toBe(200);
    },
  });

  attack('it reads nothing of what happened on the account', {
    given: async () => signedInScreen(server.url, await signedInPhone(server.url)),
    when: (screen) => screen.as('GET', '/v1/account/events'),
    then: (response) => expect(response).toMatchObject(companion),
  });

  attack('it cannot change the password without the password', {
    given: async () => signedInScreen(server.url, await signedInPhone(server.url)),
    when: (screen) => screen.as('POST', '/v1/account/password', { current: 'a guess of it', new: NEXT_PASSWORD }),
    then: (response) => expect(response).toMatchObject(refusal(401, 'invalid_credentials')),
  });

  attack('it ends itself alone, by either of its names', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return {
        phone,
        screens: [await signedInScreen(server.url, phone), await signedInScreen(server.url, phone, 'tv')],
      };
    },
    when: async ({ screens: [one, other] }) => [
      await one!.signOut(),
      await other!.as('DELETE', `/v1/sessions/${other!.tokens!.session.id}`),
    ],
    then: async (responses, { phone }) => {
      for (const response of responses) expect(response.status).toBe(204);
      expect(await liveSessions(phone)).toEqual([phone.tokens!.session.id]);
    },
  });

  attack('it stays a companion when it refreshes its tokens', {
    given: async () => signedInScreen(server.url, await signedInPhone(server.url)),
    when: async (screen) => {
      screen.tokens = (await screen.refresh()).body;
      return screen.as('GET', '/v1/account/events');
    },
    then: (response) => expect(response).toMatchObject(companion),
  });

  attack('with the password typed again on that screen it is the owner, as any holder of the password is', {
    given: async () => {
      const username = await register(server.url);
      const screen = await signedInScreen(server.url, await signedInPhone(server.url, username));
      return { username, screen };
    },
    when: async ({ username, screen }) => {
      const device = { id: screen.id, type: screen.type };
      screen.tokens = (
        await call('POST', `${server.url}/v1/sessions`, { json: { username, password: PASSWORD, device } })
      ).body;
      return screen.sessions();
    },
    then: ({ body }) => expect(body.sessions).toHaveLength(2),
  });
});

describe('a thief and the owner of a refresh token, who use it within the same ten seconds', () => {
  attack('once the owner has used what it gave, the second use ends the session for both', {
    given: async () => {
      const owner = await signedInPhone(server.url);
      const stolen = owner.tokens!.refreshToken;
      owner.tokens = (await owner.refresh()).body;
      expect((await owner.account()).status).toBe(200);
      return { owner, stolen };
    },
    when: ({ owner, stolen }) => owner.refresh(stolen),
    then: async (response, { owner }) => {
      expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'refresh_reused' }));
      expect(await owner.account()).toMatchObject(refusal(401, 'session_ended', { reason: 'refresh_reused' }));
    },
  });

  attack('once the successor was refreshed, the second use ends the session, access token used or not', {
    given: async () => {
      const owner = await signedInPhone(server.url);
      const stolen = owner.tokens!.refreshToken;
      owner.tokens = (await owner.refresh()).body;
      owner.tokens = (await owner.refresh()).body;
      return { owner, stolen };
    },
    when: ({ owner, stolen }) => owner.refresh(stolen),
    then: (response) => expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'refresh_reused' })),
  });

  attack('an access token from before the refresh does not count as use of what it gave: two tabs go on', {
    given: async () => {
      const owner = await signedInPhone(server.url);
      const before = owner.tokens!;
      const after = (await owner.refresh()).body;
      owner.tokens = before;
      expect((await owner.account()).status).toBe(200);
      return { owner, after };
    },
    when: ({ owner }) => owner.refresh(),
    then: ({ status, body }, { after }) => {
      expect(status).toBe(200);
      expect(body.refreshToken).toBe(after.refreshToken);
    },
  });

  attack("the server's secret alone does not tell what follows on a stolen token: each session has a salt", {
    given: async () => {
      const [one, other] = [await signedInPhone(server.url), await signedInPhone(server.url)];
      await Promise.all([one.refresh(), other.refresh()]);
      return { one, other };
    },
    when: async ({ one, other }) => {
      const salts = await server.db.query<{ session_id: string; salt: Buffer }[]>(
        'SELECT session_id, salt FROM refresh_tokens WHERE session_id = ANY($1)',
        [[one, other].map(({ tokens }) => tokens!.session.id)],
      );
      return [one, other].map(({ tokens }) =>
        salts.filter(({ session_id }) => session_id === tokens!.session.id).map(({ salt }) => salt.toString('hex')),
      );
    },
    then: ([one, other]) => {
      expect(one).toHaveLength(2);
      expect(new Set(one).size).toBe(1);
      expect(one![0]).toMatch(/^[0-9a-f]{32}$/);
      expect(other![0]).not.toBe(one![0]);
    },
  });
});
