/** Imports run one way, and only through a lib's index.ts: see docs/adr/0006-one-way-imports.md. */
const ORDER = ['common', 'migrations', 'signal', 'token', 'device-auth', 'password-accounts', 'passkeys', 'qr'];

const downhillOnly = ORDER.map((lib, index) => ({
  name: `${lib}-imports-only-what-is-below`,
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: [...ORDER.slice(index + 1).map((above) => `^libs/${above}/`), '^apps/', '^ormconfig'] },
}));

module.exports = {
  forbidden: [
    ...downhillOnly,
    {
      name: 'libs-are-entered-by-their-front-door',
      comment: 'From outside a lib, only its index.ts may be imported',
      severity: 'error',
      from: { path: '^(apps|libs/([^/]+)|ormconfig|scripts)' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'pages-and-programs-speak-http',
      severity: 'error',
      from: { path: '^apps/(web|cli)/' },
      to: { path: '^(libs|apps/server)/' },
    },
    {
      name: 'the-client-imports-nothing',
      comment: 'It is a package of its own, without dependencies',
      severity: 'error',
      from: { path: '^apps/client/src/' },
      to: { pathNot: '^apps/client/src/' },
    },
    {
      name: 'the-client-is-entered-by-its-front-door',
      severity: 'error',
      from: { pathNot: '^apps/client/' },
      to: { path: '^apps/client/src/', pathNot: '^apps/client/src/index\\.ts$' },
    },
    {
      name: 'the-embedded-database-knows-no-logins',
      comment: 'It is a package of its own, and knows nothing of what is stored in it',
      severity: 'error',
      from: { path: '^apps/embedded-postgres/src/' },
      to: { path: '^(libs|apps)/', pathNot: '^apps/embedded-postgres/src/' },
    },
    {
      name: 'the-embedded-database-is-entered-by-its-front-door',
      severity: 'error',
      from: { pathNot: '^apps/embedded-postgres/' },
      to: { path: '^apps/embedded-postgres/src/', pathNot: '^apps/embedded-postgres/src/index\\.ts$' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
    },
  },
};
