/** The custom elements manifest of @scan-login/element, for editors and documentation. */
export default {
  globs: ['src/component/qr-login.ts', 'src/package/index.ts'],
  outdir: 'dist',
  plugins: [
    { name: 'as-shipped', packageLinkPhase: ({ customElementsManifest }) => asShipped(customElementsManifest) },
  ],
};

/** Uses the paths of the package, and leaves out members that are private or not documented. */
function asShipped({ modules }) {
  for (const module of modules) {
    module.path = shipped(module.path);
    module.exports = module.exports.filter(({ declaration }) => declaration.name === 'QrLogin');
    for (const { declaration } of module.exports) declaration.module = 'dist/component/qr-login.js';
    for (const declaration of module.declarations) {
      declaration.members = declaration.members?.filter(
        ({ privacy, description, kind }) => privacy !== 'private' && (description || kind === 'method'),
      );
      declaration.events = declaration.events?.filter(({ description }) => description);
    }
  }
}

function shipped(path) {
  return path.replace(/^src\/(.*)\.ts$/, 'dist/$1.js');
}
