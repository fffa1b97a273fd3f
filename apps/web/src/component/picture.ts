import { ScanLoginError } from '@scan-login/client';

/** A QR code as the path of its dark modules. */
export interface Picture {
  viewBox: string;
  path: string;
}

/**
 * Extracts the path from the server's SVG. The rest is never put into the page, so that no server can inject markup.
 * @throws ScanLoginError for any other SVG
 */
export function pictureOf(svg: string): Picture {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  const viewBox = root.getAttribute('viewBox') ?? '';
  const path = root.querySelector('path[stroke]')?.getAttribute('d') ?? '';
  const isPlain = /^[\d\s.]+$/.test(viewBox) && /^[\dMmHhVvLlZz\s.,-]+$/.test(path);
  if (!isPlain) throw new ScanLoginError({ code: 'unexpected', status: 200 });
  return { viewBox, path };
}
