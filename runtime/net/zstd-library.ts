/**
 * Zstandard for versions of Node.js that have none (before 22.15 and 23.8): a bundle of its own,
 * which others never load.
 */
import { compress, decompress, init } from '@bokuweb/zstd-wasm';

export { compress, decompress, init };
