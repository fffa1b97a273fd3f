import { html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import { language, type Language, languageSwitch } from '../common/language.js';
import { sign, top } from '../common/parts.js';

type Texts = Record<'page' | 'code', { title: string; text: string; back: string }>;

const MESSAGES: Record<Language, Texts> = {
  en: {
    page: {
      title: 'There is no page here',
      text: 'The address may be mistyped, or the page no longer exists.',
      back: 'To the start page',
    },
    code: {
      title: 'There is no such code',
      text: 'The link is incomplete. Scan the code on the screen again.',
      back: 'To the phone’s home page',
    },
  },
  'zh-CN': {
    page: { title: '页面不存在', text: '链接可能有误，或页面已被移除。', back: '返回首页' },
    code: { title: '二维码无效', text: '链接不完整，请重新扫描屏幕上的二维码。', back: '返回手机首页' },
  },
};

/** The page at every address where there is nothing. Links of codes are opened on phones, so they lead back there. */
class NotFound extends LitElement {
  static override properties: PropertyDeclarations = { language: { state: true } };

  declare private language: Language;

  constructor() {
    super();
    this.language = language();
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const isLink = location.pathname.startsWith('/l/');
    const { title, text, back } = MESSAGES[this.language][isLink ? 'code' : 'page'];
    document.documentElement.lang = this.language;
    document.title = `${title} · scan-login`;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main>
        <div class="card stack">
          ${sign('muted')}
          <div>
            <h1>${title}</h1>
            <p class="muted">${text}</p>
          </div>
          <a class="button" href=${isLink ? '/phone' : '/'}>${back}</a>
        </div>
      </main>
    `;
  }
}

customElements.define('not-found', NotFound);
