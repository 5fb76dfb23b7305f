/** The one door between the runtime and the contracts that it shares with the constructs. */
export * from '../src/config';
