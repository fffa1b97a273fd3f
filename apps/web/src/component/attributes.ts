/** Attributes of `<qr-login>`, besides those that all elements have. */
export interface QrLoginAttributes {
  /** Address of the scan-login server; without it, the page's own origin. */
  'base-url'?: string;
  /** The name of this screen on the phone; without it, its browser and system. */
  'device-name'?: string;
  /** When to ask "Continue as …?"; without it, if the account is new on this device. */
  'confirm-account'?: 'always' | 'never';
  /** Binds the session to a key that cannot be exported from the browser, if that has keys. */
  bound?: boolean;
  /** Offers a passkey beside the code, if the browser has them. */
  passkey?: boolean;
  /** For pages of the server's own origin: the refresh token goes into a cookie that no script can read. */
  'refresh-cookie'?: boolean;
}
