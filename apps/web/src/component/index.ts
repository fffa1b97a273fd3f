import { loadKey } from '../common/load-key.js';
import { QrLogin } from './qr-login.js';

QrLogin.loadKey = (server) => loadKey(server, 'screen');
// a page may load the script twice
if (!customElements.get('qr-login')) customElements.define('qr-login', QrLogin);
