import { type ProofKey, screenLogin, type ScreenLoginOptions, type ScreenState } from '@scan-login/client';
import type { FakeClock } from './fake-clock.js';
import type { FakeServer } from './fake-server.js';

/** A login of a screen at a fake server, in fake time. */
export function fakeLogin(server: FakeServer, clock: FakeClock, options: Partial<ScreenLoginOptions> = {}) {
  return screenLogin({
    server: 'https://login.example.org',
    device: { type: 'web', id: 'screen-1' },
    clock,
    fetch: server.fetch,
    ...options,
  });
}

/** All states of a login, up to its end or to the first state of a kind. */
export function statesOf(
  steps: AsyncGenerator<ScreenState>,
  clock: FakeClock,
  last?: ScreenState['at'],
): Promise<ScreenState[]> {
  return clock.until(
    (async () => {
      const seen: ScreenState[] = [];
      for await (const state of steps) {
        seen.push(state);
        if (state.at === last) break;
      }
      return seen;
    })(),
  );
}

export const THUMBPRINT = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';

/** A key that proves nothing. */
export function fakeKey(thumbprint = THUMBPRINT): ProofKey {
  return {
    base: '',
    ahead: 0,
    prove: async (method, path) => `${method} ${path}`,
    thumbprint: async () => thumbprint,
  };
}
