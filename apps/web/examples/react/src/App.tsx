import '@scan-login/element/react';
import type { QrLoginEventMap } from '@scan-login/element/react';
import { useState } from 'react';

const server = import.meta.env.VITE_SCAN_LOGIN_SERVER;

type SignedIn = QrLoginEventMap['login']['detail'];

export function App() {
  const [signedIn, setSignedIn] = useState<SignedIn>();
  const [problem, setProblem] = useState('');

  if (signedIn) return <h1>Signed in: {signedIn.tokens.account.displayName}</h1>;
  return (
    <>
      <qr-login
        base-url={server}
        device-name="React example"
        onlogin={(event) => setSignedIn(event.detail)}
        onerror={(event) => setProblem(event.detail.code)}
      />
      {problem && <p>Problem: {problem}</p>}
    </>
  );
}
