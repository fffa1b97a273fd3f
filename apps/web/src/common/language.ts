import { html, type TemplateResult } from 'lit';

export type Language = 'en' | 'zh-CN';

const KEY = 'scan-login.language';

/** The one chosen before, else the browser's. */
export function language(): Language {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'en' || kept === 'zh-CN') return kept;
  } catch {
    // storage is forbidden here
  }
  const spoken = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag));
  return spoken && /^zh/i.test(spoken) ? 'zh-CN' : 'en';
}

function choose(chosen: Language): void {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // it lasts as long as the page, then
  }
}

/** A button that says, in the other language, what it switches to. */
export function languageSwitch(now: Language, changed: (chosen: Language) => void): TemplateResult {
  const [other, name] = now === 'en' ? (['zh-CN', '中文'] as const) : (['en', 'English'] as const);
  const change = () => {
    choose(other);
    changed(other);
  };
  return html`<button class="plain" lang=${other} @click=${change}>${name}</button>`;
}
