import '@scan-login/element';

const login = document.querySelector('qr-login');

login.addEventListener('login', ({ detail }) => {
  const heading = document.createElement('h1');
  heading.textContent = `Signed in: ${detail.tokens.account.displayName}`;
  document.querySelector('main').replaceChildren(heading);
});

login.addEventListener('error', ({ detail }) => {
  document.querySelector('#problem').textContent = `Problem: ${detail.code}`;
});
