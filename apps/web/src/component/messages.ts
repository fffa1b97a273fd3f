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
  denied: 'The phone refused',
  expired: 'The code has expired',
  offline: 'No connection. Trying again…',
  failed: 'Signing in is not possible right now',
  because: {
    declined: 'The phone declined',
    not_me: 'The phone said that it was not them',
    wrong_number: 'The number was wrong three times',
    session_limit_reached: 'You are signed in on too many devices. End one of them first.',
  } as Record<string, string>,
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
  heading: '扫码登录',
  opening: '正在获取二维码…',
  waiting: '请用手机相机扫描二维码',
  hello: (name) => `${name}，您好`,
  scanned: '扫描成功，请在手机上确认登录',
  number: '请在手机上输入此数字',
  asking: (name) => `以“${name}”的身份继续？`,
  goOn: '继续',
  confirmed: '已确认，正在登录…',
  done: '登录成功',
  denied: '已在手机上拒绝登录',
  expired: '二维码已失效',
  offline: '网络已断开，正在重试…',
  failed: '暂时无法登录',
  because: {
    declined: '已在手机上取消登录',
    not_me: '已在手机上拒绝：非本人操作',
    wrong_number: '数字已输错 3 次，登录已取消',
    session_limit_reached: '登录设备数量已达上限，请先退出其中一台。',
  },
  again: '刷新二维码',
  another: '非本人，刷新二维码',
  code: '扫码登录二维码',
  link: '无法扫码？打开链接登录',
  minutes: (count) => `${count} 分钟内有效`,
  seconds: (count) => `${count} 秒内有效`,
  moment: '即将失效',
};

/** @param language a BCP 47 tag */
export function messagesOf(language: string): Messages {
  return /^zh\b/i.test(language) ? zh : en;
}
