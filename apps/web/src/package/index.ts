// Owns `<qr-login>` as a package: registers the element in browsers; on a server it does nothing.
// Does not own the login, see @scan-login/client; keeps no tokens.
// Imports the element, which imports only the client.
import { QrLogin } from '../component/qr-login.js';

// loaded separately, because only pages with the attribute `passkey` need it
QrLogin.offerPasskey = async (_server, element) => (await import('./passkey.js')).offerPasskey(element);

if (typeof customElements !== 'undefined' && !customElements.get('qr-login'))
  customElements.define('qr-login', QrLogin);

declare global {
  interface HTMLElementTagNameMap {
    'qr-login': QrLogin;
  }
}

export { QrLogin };
export type { QrLoginAttributes } from '../component/attributes.js';
export type { QrLoginEventMap } from '../component/events.js';
