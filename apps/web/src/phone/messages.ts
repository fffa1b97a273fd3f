import type { Language } from '../common/language.js';
import { en, type Messages } from './messages.en.js';
import { zh } from './messages.zh.js';

export function messagesOf(language: Language): Messages {
  return language === 'en' ? en : zh;
}
