/** The entry of the package and of the image: runs `../main.ts`, as it was compiled before. */
import { join } from 'path';
import { CompiledProgram } from './compiled-program';

new CompiledProgram(join(__dirname, 'collector.js')).run();
