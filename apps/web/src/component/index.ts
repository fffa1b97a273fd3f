import { load } from '../common/load-key.js';
import { QrLogin } from './qr-login.js';

QrLogin.offerPasskey = (server, element) => load(server, 'passkey', (file) => file.offerPasskey(element));
// a page may load the script twice
if (!customElements.get('qr-login')) customElements.define('qr-login', QrLogin);
