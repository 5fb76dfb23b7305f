/** How much is logged of a request. */
export enum DebugVerbosity {
  /** How many items it holds. */
  BASIC = 'basic',
  /** A line for each item. */
  NORMAL = 'normal',
  /** Everything. */
  DETAILED = 'detailed',
}
