import QRCode from 'qrcode';

/**
 * Black on white whatever the page's colours, with the full quiet zone of four modules: scanners need both.
 * @see ISO/IEC 18004 §6.3.8
 */
const LOOK = { margin: 4, errorCorrectionLevel: 'M', color: { dark: '#000000', light: '#ffffff' } } as const;

export function svgOf(text: string): Promise<string> {
  return QRCode.toString(text, { ...LOOK, type: 'svg' });
}

/** @returns a PNG of 8 pixels a module */
export function pngOf(text: string): Promise<Buffer> {
  return QRCode.toBuffer(text, { ...LOOK, type: 'png', scale: 8 });
}
