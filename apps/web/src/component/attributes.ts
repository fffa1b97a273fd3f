/** Attributes of `<qr-login>`, beside those that all elements have. */
export interface QrLoginAttributes {
  /** Address of the scan-login server; without it, the page's own origin. */
  'base-url'?: string;
  /** What the phone calls this screen; without it, its browser and system. */
  'device-name'?: string;
  /** When to ask "Continue as …?"; without it, where the account is new on this device. */
  'confirm-account'?: 'always' | 'never';
  /** Binds the session to a key that cannot be taken out of the browser, where that has keys. */
  bound?: boolean;
  /** For pages of the server's own origin: the refresh token goes into a cookie that no script reads. */
  'refresh-cookie'?: boolean;
}
