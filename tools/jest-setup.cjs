// Whole-process tests run the bundle: it is made of today's sources before the first of them.
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

module.exports = () => {
  execFileSync(process.execPath, [join(__dirname, 'bundle.mjs')], { stdio: 'inherit' });
};
