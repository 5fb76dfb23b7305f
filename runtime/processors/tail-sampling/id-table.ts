/** The table of records by trace id stands one floor down, where `peers/` reads it, too. */
export * from '../../otlp/id-table';
