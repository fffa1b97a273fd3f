export { deviceKey } from '@scan-login/client';
