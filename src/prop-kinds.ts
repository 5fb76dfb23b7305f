/** What props must be: kept below, where everything that takes options can reach it. */
export * from './config/prop-kinds';
