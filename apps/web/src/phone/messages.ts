import type { Language } from '../common/language.js';
import { en } from './messages.en.js';
import { zh } from './messages.zh.js';

export type Messages = typeof en;

export function messagesOf(language: Language): Messages {
  return language === 'en' ? en : zh;
}
