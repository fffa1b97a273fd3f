import { deviceKey, ScanLoginError, signInWithPasskey } from '@scan-login/client';
import { askForPasskey, hasPasskeys } from '../common/passkeys.js';
import { keptDeviceId } from './device-id.js';
import type { QrLogin } from './qr-login.js';

const MESSAGES = {
  en: { signIn: 'Use a passkey instead', failed: 'The passkey was not used' },
  'zh-CN': { signIn: '使用通行密钥登录', failed: '未能使用通行密钥，请重试' },
};

/** It is a way around the code, so it is there while the code is. */
const STYLES = '[part=card]:not([data-at=waiting]) [part=passkey] { display: none }';

/** Puts a button into the element that signs in with a passkey: one of this device, or of a phone nearby. */
export function offerPasskey(element: QrLogin): void {
  const root = element.shadowRoot!;
  const place = root.querySelector('[part=passkey]')!;
  if (!hasPasskeys() || place.firstChild) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets.push(sheet);
  const card = root.querySelector<HTMLElement>('[part=card]')!;
  const messages = () => MESSAGES[card.lang === 'zh-CN' ? 'zh-CN' : 'en'];
  const button = document.createElement('button');
  button.setAttribute('part', 'link');
  const note = document.createElement('span');
  note.setAttribute('role', 'status');
  const label = () => (button.textContent = messages().signIn);
  button.addEventListener('click', () => {
    note.textContent = '';
    button.disabled = true;
    void signIn(element)
      .catch((error: unknown) => {
        if (!(error instanceof ScanLoginError)) throw error;
        note.textContent = messages().failed;
        element.dispatchEvent(new CustomEvent('error', { detail: { code: error.code, status: error.status } }));
      })
      .finally(() => (button.disabled = false));
  });
  new MutationObserver(label).observe(card, { attributeFilter: ['lang'] });
  label();
  place.append(button, note);
}

async function signIn(element: QrLogin): Promise<void> {
  const { bound, deviceName, refreshCookie } = element;
  const server = element.baseUrl.replace(/\/+$/, '');
  const device = { id: keptDeviceId(), type: 'web', name: deviceName || undefined } as const;
  const key = bound ? () => deviceKey({ name: 'screen' }) : undefined;
  element.signedIn(await signInWithPasskey({ server, device, key, refreshCookie, verify: askForPasskey }));
}
