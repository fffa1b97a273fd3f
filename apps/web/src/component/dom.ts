// What the element needs of a template library, which alone would be a quarter of what it may weigh (check-size.mjs).
type Attribute = string | number | boolean | undefined | ((event: Event) => unknown);
export type Child = Node | string | false | undefined;

const SVG = /^(svg|path|circle|rect)$/;

/** Creates an element. An attribute that is `false` or undefined is left out; a function becomes its listener. */
export function h(name: string, attributes: Record<string, Attribute> = {}, ...children: Child[]): Element {
  const element = SVG.test(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (typeof value === 'function') Object.assign(element, { [attribute]: value });
    else if (value !== undefined && value !== false) element.setAttribute(attribute, value === true ? '' : `${value}`);
  }
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

/**
 * Makes the children of `old` look like those of `made`. Nodes that stay the same kind are kept, and so their focus and
 * transitions.
 */
export function morph(old: ParentNode, made: ParentNode): void {
  const before = [...old.childNodes];
  [...made.childNodes].forEach((node, index) => {
    const kept = before[index];
    if (!kept) old.append(node);
    else if (kept.nodeName !== node.nodeName) kept.replaceWith(node);
    else if (node instanceof Element) alike(kept as Element, node);
    // a screen reader would read the same text again
    else if (kept.textContent !== node.textContent) kept.textContent = node.textContent;
  });
  for (const node of before.slice(made.childNodes.length)) node.remove();
}

function alike(old: Element, made: Element): void {
  for (const name of old.getAttributeNames()) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const { onclick, onerror } = made as HTMLElement;
  Object.assign(old, { onclick, onerror });
  // that one is filled by the file with the passkey button
  if (old.getAttribute('part') !== 'passkey') morph(old, made);
}
