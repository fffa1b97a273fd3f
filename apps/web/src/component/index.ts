import { QrLogin } from './qr-login.js';

// a page may load the script twice
if (!customElements.get('qr-login')) customElements.define('qr-login', QrLogin);
