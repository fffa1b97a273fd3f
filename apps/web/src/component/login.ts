import {
  type Offline,
  ScanLoginError,
  screenLogin,
  type ScreenLoginOptions,
  type ScreenState,
  type SignedIn,
} from '@scan-login/client';
import type { QrLoginEventMap } from './events.js';
import { type Picture, pictureOf } from './picture.js';

/** Who has scanned. */
export type Account = Pick<SignedIn['tokens']['account'], 'displayName' | 'avatarUrl'> & { knownHere?: boolean };

/** What the element shows. */
export interface View {
  at: 'opening' | 'waiting' | 'scanned' | 'asking' | 'confirmed' | 'done' | 'denied' | 'expired' | 'failed';
  picture?: Picture;
  /** The content of the code. */
  qrUrl?: string;
  /** Until the present view expires. */
  secondsLeft?: () => number;
  /** Called when the person at the screen chooses to continue as the account. */
  goOn?: () => void;
  account?: Account;
  number?: string;
  /** Why the login ended: the code of the error, or the reason that the phone gave. */
  why?: string;
}

type Detail = { [Type in keyof QrLoginEventMap]: QrLoginEventMap[Type]['detail'] };

export interface Audience {
  show(view: View): unknown;
  offline(isOffline: boolean): unknown;
  signedIn(detail: Detail['login']): unknown;
  tell<Type extends keyof Detail>(type: Type, detail: Detail[Type]): unknown;
}

/**
 * Signs in the screen and shows the progress, until it is signed in or a click is needed.
 * @param confirmAccount when to ask "Continue as …?": the attribute of that name
 */
export async function signIn(options: ScreenLoginOptions, confirmAccount: string, audience: Audience): Promise<void> {
  try {
    await follow(options, confirmAccount, audience);
  } catch (error) {
    if (options.signal?.aborted) return;
    const { code, status } =
      error instanceof ScanLoginError ? error : new ScanLoginError({ code: 'unexpected', status: 0 });
    audience.tell('error', { code, status });
    // an outage may have come before: nothing is tried again now
    audience.offline(false);
    audience.show({ at: 'failed', why: code });
    // a bug must also show in the console
    if (!(error instanceof ScanLoginError)) throw error;
  }
}

async function follow(options: ScreenLoginOptions, confirmAccount: string, audience: Audience): Promise<void> {
  const { show, tell } = audience;
  audience.offline(false);
  let last: Exclude<ScreenState, Offline> | undefined;
  let hint: Promise<void> | undefined;
  // a stranger who photographs the code can scan and confirm it with an account of their own
  const asksFor = (account?: Account) =>
    confirmAccount === 'always' || (confirmAccount !== 'never' && !account?.knownHere);
  const confirmed = (account?: Account) => show({ at: 'confirmed', account });
  const ask = (account: Account) =>
    new Promise<boolean>((resolve) => {
      const goOn = () => {
        // at once: the next call may be half a minute away after an outage
        confirmed(account);
        resolve(true);
      };
      show({ ...(last as object), at: 'asking', account, goOn });
    });
  const login = screenLogin({ ...options, svg: true, confirmAccount: (account) => !asksFor(account) || ask(account) });
  show({ at: 'opening' });
  for await (const state of login) {
    audience.offline(state.at === 'offline');
    if (state.at === 'offline') {
      tell('error', { code: state.error.code, status: state.error.status });
      // once, if a page of another origin has never got a code
      if (!last && options.server) hint ??= hintAtOrigins(options.server);
      continue;
    }
    // after an outage the interrupted state is still shown
    if (state === last) continue;
    last = state;
    switch (state.at) {
      case 'waiting':
        show({ ...state, picture: pictureOf(state.svg!) });
        break;
      case 'scanned':
        tell('scanned', { account: state.account });
        show(state);
        break;
      case 'confirmed':
        if (!asksFor(state.account)) confirmed(state.account);
        break;
      case 'signed-in':
        audience.signedIn(state);
        break;
      default:
        if (state.why === 'denied') tell('denied', { reason: state.reason });
        else tell('expired', { renewing: state.renewing });
        show({
          at: state.renewing ? 'opening' : state.why === 'denied' ? 'denied' : 'expired',
          why: state.reason,
        });
    }
  }
}

/**
 * A browser does not tell a page whether the server is away or refuses the page's origin. A file that all origins may
 * read tells it: if that comes and calls do not, the origin is refused.
 */
async function hintAtOrigins(server: string): Promise<void> {
  const { ok } = await fetch(`${server}/assets/qr-login.json`).catch(() => ({ ok: false }));
  if (ok) console.error(`${server} refuses this page: add ${location.origin} to its CORS_ORIGINS`);
}
