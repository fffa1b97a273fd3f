import type { Language } from '../common/language.js';
import { en } from './words.en.js';
import { zh } from './words.zh.js';

export type Words = typeof en;

export function wordsOf(language: Language): Words {
  return language === 'en' ? en : zh;
}
