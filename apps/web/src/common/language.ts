import { html, type TemplateResult } from 'lit';

export type Language = 'en' | 'zh-CN';

const KEY = 'scan-login.language';

/** The language that was chosen before, or that of the browser. */
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
    // then it lasts as long as the page
  }
}

/** A button that switches to the other language, whose name it shows. */
export function languageSwitch(now: Language, changed: (chosen: Language) => void): TemplateResult {
  const [other, name] = now === 'en' ? (['zh-CN', '中文'] as const) : (['en', 'English'] as const);
  const change = () => {
    choose(other);
    changed(other);
  };
  return html`<button class="plain" lang=${other} @click=${change}>${name}</button>`;
}
