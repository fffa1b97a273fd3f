import { ScanLoginError } from '@scan-login/client';

/** A QR code as the path of its dark modules. */
export interface Picture {
  viewBox: string;
  path: string;
}

/**
 * Takes out of the server's SVG the one thing that is needed. The rest of it is never put into the page, so that no
 * server can put markup there.
 * @throws ScanLoginError for another picture
 */
export function pictureOf(svg: string): Picture {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  const viewBox = root.getAttribute('viewBox') ?? '';
  const path = root.querySelector('path[stroke]')?.getAttribute('d') ?? '';
  const isPlain = /^[\d\s.]+$/.test(viewBox) && /^[\dMmHhVvLlZz\s.,-]+$/.test(path);
  if (!isPlain) throw new ScanLoginError({ code: 'unexpected', status: 200 });
  return { viewBox, path };
}
