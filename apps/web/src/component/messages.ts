const en = {
  tag: 'en',
  heading: 'Sign in with your phone',
  opening: 'Getting a code…',
  waiting: 'Point your phone’s camera at the code',
  hello: (name: string) => `Hello, ${name}`,
  scanned: 'Now confirm on your phone',
  number: 'Type this number on your phone',
  asking: (name: string) => `Continue as ${name}?`,
  goOn: 'Continue',
  confirmed: 'Confirmed. Signing you in…',
  done: 'You are signed in',
  denied: 'The sign-in was refused on the phone',
  expired: 'The code has expired',
  offline: 'No connection. Trying again…',
  failed: 'Signing in is not possible right now',
  session_limit_reached: 'You are signed in on too many devices. End one of them first.',
  again: 'Show a new code',
  another: 'Not me: new code',
  code: 'QR code for signing in with your phone',
  link: 'No camera? Open the link instead',
  minutes: (count: number) => `Valid for ${count} min`,
  seconds: (count: number) => `Valid for ${count} s`,
  moment: 'Valid for a few seconds',
};

export type Messages = typeof en;

const zh: Messages = {
  tag: 'zh-CN',
  heading: '用手机登录',
  opening: '正在获取二维码…',
  waiting: '用手机相机扫描二维码',
  hello: (name) => `${name}，您好`,
  scanned: '请在手机上确认登录',
  number: '请在手机上输入这个数字',
  asking: (name) => `以“${name}”的身份继续？`,
  goOn: '继续',
  confirmed: '已确认，正在登录…',
  done: '登录成功',
  denied: '手机上拒绝了这次登录',
  expired: '二维码已过期',
  offline: '网络已断开，正在重试…',
  failed: '暂时无法登录',
  session_limit_reached: '您登录的设备过多，请先退出其中一台。',
  again: '显示新的二维码',
  another: '不是我，换个二维码',
  code: '用于手机登录的二维码',
  link: '没有相机？改为打开链接',
  minutes: (count) => `${count} 分钟内有效`,
  seconds: (count) => `${count} 秒内有效`,
  moment: '即将过期',
};

/** @param language a BCP 47 tag */
export function messagesOf(language: string): Messages {
  return /^zh\b/i.test(language) ? zh : en;
}
