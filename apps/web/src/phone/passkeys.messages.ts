import type { ScanLoginError } from '@scan-login/client';

const en = {
  title: 'Passkeys',
  lead: 'Sign in on this phone, and confirm, with your fingerprint, your face or the screen lock.',
  add: 'Add a passkey',
  added: 'The passkey was added.',
  remove: 'Remove',
  removeOf: (name: string) => `Remove the passkey ${name}`,
  removed: 'The passkey was removed. It no longer signs anyone in.',
  unnamed: (date: string) => `Passkey of ${date}`,
  synced: 'synced',
  used: (date: string) => `Last used on ${date}`,
  unused: 'Not used yet',
  signIn: 'Sign in with a passkey',
  problems: {
    verification_failed: 'The passkey was not used. Try again.',
    verification_required: 'This needs a passkey, and your account has none yet. Add one on the page of your devices.',
    passkey_limit_reached: 'You have as many passkeys as are allowed. Remove one first.',
    invalid_credentials: 'This passkey is not known here. Sign in with your password.',
    too_many_attempts: 'Too many attempts. Try again later.',
    offline: 'No connection. Try again in a moment.',
    other: 'That did not work. Try again in a moment.',
  } as Record<string, string>,
};

export type PasskeyMessages = typeof en;

const zh: PasskeyMessages = {
  title: '通行密钥',
  lead: '使用指纹、面容或锁屏密码，即可在本机登录并确认扫码登录。',
  add: '添加通行密钥',
  added: '通行密钥已添加。',
  remove: '移除',
  removeOf: (name) => `移除通行密钥“${name}”`,
  removed: '通行密钥已移除，不能再用来登录。',
  unnamed: (date) => `${date} 添加的通行密钥`,
  synced: '已同步',
  used: (date) => `上次使用：${date}`,
  unused: '尚未使用',
  signIn: '使用通行密钥登录',
  problems: {
    verification_failed: '未能使用通行密钥，请重试。',
    verification_required: '此操作需要使用通行密钥。您尚未添加，请先在“登录设备管理”页面添加。',
    passkey_limit_reached: '通行密钥数量已达上限，请先移除一个。',
    invalid_credentials: '无法识别此通行密钥，请使用密码登录。',
    too_many_attempts: '尝试次数过多，请稍后再试。',
    offline: '网络已断开，请稍后再试。',
    other: '操作失败，请稍后再试。',
  },
};

/** In the language of the page. */
export function passkeyMessages(): PasskeyMessages {
  return document.documentElement.lang === 'zh-CN' ? zh : en;
}

export function passkeyProblem({ code, status }: ScanLoginError): string {
  const { problems } = passkeyMessages();
  return (status === 0 ? problems['offline'] : problems[code]) ?? problems['other']!;
}
