import type { Language } from '../common/language.js';

const en = {
  title: 'Sign in with your phone',
  lead: 'No password needed here. A phone that is signed in confirms who you are.',
  steps: [
    'Open the camera of your phone and point it at the code.',
    'Check what it says about this screen.',
    'Press “Confirm”, and this screen is signed in. The first time, it asks whether that is you.',
  ],
  newHere: 'New here? Scan anyway: you can create an account on the phone.',
  devicesLead: 'Your other devices are listed on your phone, where you can sign them out:',
  hello: (name: string) => `Hello, ${name}`,
  signedIn: 'You are signed in on this screen.',
  notYours: 'Not your account? Sign out before you type anything here.',
  account: 'Account',
  since: 'Signed in',
  device: 'This device',
  developers: 'Details for developers',
  address: 'Address',
  token: 'Access token',
  checking: 'Checking…',
  works: (at: string) => `Accepted by the server at ${at}`,
  offline: 'The server cannot be reached',
  noNetwork: 'No connection. What you see may be out of date.',
  notSignedOut: 'You are still signed in: the server cannot be reached. Try again in a moment.',
  check: 'Check the token again',
  signOut: 'Sign out',
  signedOut: 'You have signed out.',
  ended: {
    revoked: 'This screen was signed out from another device.',
    replaced: 'You signed in on another screen, so this one was signed out.',
    password_changed: 'The password was changed, so this screen was signed out.',
    expired: 'You were signed out because the session expired.',
    other: 'This screen was signed out.',
  } as Record<string, string>,
};

export type Messages = typeof en;

const zh: Messages = {
  title: '扫码登录',
  lead: '无需输入密码，用已登录的手机扫码即可登录。',
  steps: [
    '打开手机相机，扫描二维码。',
    '在手机上核对登录设备的信息。',
    '点击“确认登录”，即可登录。首次登录时，需在屏幕上再次确认账号。',
  ],
  newHere: '没有账号？扫码后可直接在手机上注册。',
  devicesLead: '可在手机上查看并退出其他设备的登录：',
  hello: (name) => `${name}，您好`,
  signedIn: '您已在此设备上登录。',
  notYours: '不是您的账号？请先退出登录，不要在此输入任何内容。',
  account: '账号',
  since: '登录时间',
  device: '当前设备',
  developers: '开发者信息',
  address: 'IP 地址',
  token: '访问令牌',
  checking: '正在验证…',
  works: (at) => `服务器已于 ${at} 验证通过`,
  offline: '无法连接服务器',
  noNetwork: '网络已断开，当前内容可能不是最新的。',
  notSignedOut: '退出失败：无法连接服务器，您仍处于登录状态。请稍后再试。',
  check: '重新验证令牌',
  signOut: '退出登录',
  signedOut: '您已退出登录。',
  ended: {
    revoked: '此处已在其他设备上被退出登录。',
    replaced: '您的账号已在其他设备上登录，此处已退出登录。',
    password_changed: '密码已修改，请重新登录。',
    expired: '登录已过期，请重新登录。',
    other: '登录状态已失效，请重新登录。',
  },
};

export function messagesOf(language: Language): Messages {
  return language === 'en' ? en : zh;
}
