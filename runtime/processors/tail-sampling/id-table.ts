/** The table of records by trace id stands one floor down, where the pool of peers reads it, too. */
export * from '../../otlp/id-table';
