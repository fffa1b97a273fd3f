import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { QrLogin, QrLoginAttributes, QrLoginEventMap } from './index.js';

export * from './index.js';

/** React 19 listens to the events of elements; with React 18, use a `ref` and `addEventListener`. */
type Listeners = { [Type in keyof QrLoginEventMap as `on${Type}`]?: (event: QrLoginEventMap[Type]) => void };
type Props = DetailedHTMLProps<Omit<HTMLAttributes<QrLogin>, keyof Listeners>, QrLogin> & QrLoginAttributes & Listeners;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'qr-login': Props;
    }
  }
}
