import { type Assertion, ScanLoginError, type VerificationOptions } from '@scan-login/client';

/** Browsers have passkeys in a secure context, and for names of hosts only, not for addresses. */
export function hasPasskeys(): boolean {
  return 'PublicKeyCredential' in globalThis && !/^[\d.]+$|^\[/.test(location.hostname);
}

/** Its code is loaded when it is first needed. */
const load = () => import('@simplewebauthn/browser').catch(offline);

type Wanted = Parameters<Awaited<ReturnType<typeof load>>['startRegistration']>[0]['optionsJSON'];

/** Asks the user for a passkey. @throws ScanLoginError verification_failed if they have none, or decline */
export async function askForPasskey(options: VerificationOptions): Promise<Assertion> {
  const { startAuthentication } = await load();
  return startAuthentication({ optionsJSON: options }).catch(declined);
}

/** Makes a passkey. @returns what the server takes. @throws ScanLoginError verification_failed if the user declines */
export async function makePasskey(options: object): Promise<object> {
  const { startRegistration } = await load();
  return startRegistration({ optionsJSON: options as Wanted }).catch(declined);
}

function offline(cause: unknown): never {
  throw new ScanLoginError({ code: 'offline', status: 0 }, { cause });
}

/** Browsers do not tell why, so that a page does not learn which passkeys there are. */
function declined(cause: unknown): never {
  throw new ScanLoginError({ code: 'verification_failed', status: 403 }, { cause });
}
