import { html, render } from 'lit';
import type { Persona, Personas, Who } from './personas.js';
import css from './swagger.css?inline';

/** Shows what both personas know, at the top of the page, and lets one of them act. */
export class Bar {
  private readonly place = document.createElement('div');

  /** @param choose called with the persona that is to act */
  constructor(private readonly choose: (who: Who) => void) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
    this.place.className = 'personas';
    document.getElementById('swagger-ui')!.before(this.place);
  }

  show(personas: Personas): void {
    const button = (who: Who, name: string, facts: string) => html`
      <button type="button" aria-pressed=${personas.who === who} @click=${() => this.choose(who)}>
        <b>${name}</b> <span>${facts}</span>
      </button>
    `;
    render(
      html`<div role="group" aria-label="Who makes the calls">
        <span>Act as</span>
        ${button('phone', 'Phone', factsOf(personas.of('phone')))}
        ${button('screen', 'Screen', factsOf(personas.of('screen')))}
      </div>`,
      this.place,
    );
  }
}

function factsOf({ deviceId, displayName, uuid, status, scanToken, number }: Persona): string {
  const facts = [
    deviceId,
    displayName === undefined ? 'not signed in' : `signed in as ${displayName}`,
    status && `ticket ${uuid!.slice(0, 8)} ${status}`,
    scanToken && 'has a scan token',
    number !== undefined && `number ${String(number).padStart(2, '0')}`,
  ];
  return facts.filter(Boolean).join(' · ');
}
