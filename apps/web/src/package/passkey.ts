export { offerPasskey } from '../component/passkey.js';
