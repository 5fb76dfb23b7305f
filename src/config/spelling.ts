/**
 * Type names in the words of older upstream versions.
 */
import type { Contract } from './contract';

/** First minor version of upstream 0.x that knows a type by its present name. */
const RENAMED_IN: Readonly<Record<string, number>> = {
  otlp_grpc: 144,
  otlp_http: 144,
  load_balancing: 153,
};

/**
 * The name under which upstream's `version` (such as `0.152.0`) knows the contract's type; the
 * present one when no version is given.
 */
export function spelling(
  { type, aliases }: Pick<Contract, 'type' | 'aliases'>, version?: string,
): string {
  const minor = /^v?0\.(\d+)/.exec(version ?? '')?.[1];
  const renamedIn = RENAMED_IN[type];
  if (minor === undefined || renamedIn === undefined || Number(minor) >= renamedIn) return type;
  return aliases[0] ?? type;
}
