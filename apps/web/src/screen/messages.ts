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
  sample: 'See all your devices on your phone, at',
  hello: (name: string) => `Hello, ${name}`,
  signedIn: 'You are signed in on this screen.',
  notYours: 'Not your account? Sign out before you type anything here.',
  account: 'Account',
  since: 'Signed in',
  device: 'This device',
  address: 'Address',
  token: 'Access token',
  checking: 'Checking…',
  works: (at: string) => `Accepted by the server at ${at}`,
  offline: 'The server cannot be reached',
  check: 'Check the token again',
  signOut: 'Sign out',
  signedOut: 'You have signed out.',
  unknown: 'unknown',
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
  title: '用手机登录',
  lead: '这里无需输入密码，用已登录的手机确认身份即可。',
  steps: [
    '打开手机相机，对准二维码。',
    '核对手机上显示的屏幕信息。',
    '点“确认登录”，此屏幕即登录完成；首次登录时，屏幕会先询问是否是您本人。',
  ],
  newHere: '第一次使用？直接扫码，在手机上注册账号即可。',
  sample: '已登录的设备可以在手机上查看：',
  hello: (name) => `${name}，您好`,
  signedIn: '您已在此屏幕登录。',
  notYours: '不是您的账号？请先退出登录，不要在这里输入任何内容。',
  account: '账号',
  since: '登录时间',
  device: '此设备',
  address: '地址',
  token: '访问令牌',
  checking: '正在验证…',
  works: (at) => `服务器已于 ${at} 确认有效`,
  offline: '无法连接服务器',
  check: '再次检查令牌',
  signOut: '退出登录',
  signedOut: '您已退出登录。',
  unknown: '未知',
  ended: {
    revoked: '此屏幕已在其他设备上被退出登录。',
    replaced: '您已在另一块屏幕登录，此屏幕已退出。',
    password_changed: '密码已更改，此屏幕已退出登录。',
    expired: '会话已过期，您已退出登录。',
    other: '此屏幕已退出登录。',
  },
};

export function messagesOf(language: Language): Messages {
  return language === 'en' ? en : zh;
}
