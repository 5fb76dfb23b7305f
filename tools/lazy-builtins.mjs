// Node.js loads these of its own modules when one of their functions is first used: a collector
// that speaks no TLS, or no HTTP/2 of Node.js, starts without them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const NAMES = ['dns', 'fs/promises', 'http2', 'https', 'readline', 'tls'];

export const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${NAMES.join('|')})$`), namespace: 'file' },
      ({ path }) => ({ path: path.replace(/^node:/, ''), namespace: 'lazy-builtin' }));
    onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: `
        let loaded;
        const load = () => loaded ??= process.getBuiltinModule(${JSON.stringify(`node:${path}`)});
        for (const key of ${JSON.stringify(Object.keys(require(path)))}) {
          Object.defineProperty(exports, key, {
            enumerable: true, get: () => load()[key],
          });
        }`,
    }));
  },
};
