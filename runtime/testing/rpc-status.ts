/** `google.rpc.Status` from an encoder that is not ours: protobufjs. */
import { parse } from 'protobufjs';

const { root } = parse(`
  syntax = "proto3";
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message PartialSuccess { int64 rejected = 1; string error_message = 2; }
  message ExportResponse { PartialSuccess partial_success = 1; }
`, { keepCase: true });

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** A status as tests write it down. */
export interface ForeignStatus {
  /** gRPC code. */
  readonly code: number;
  /** Sentence. */
  readonly message: string;
  /** Delay of a RetryInfo, if there is one. */
  readonly retryDelay?: { readonly seconds: number; readonly nanos: number };
}

/** The bytes of `status`. */
export function encodeForeignStatus({ code, message, retryDelay }: ForeignStatus): Buffer {
  const info = retryDelay && root.lookupType('RetryInfo').encode({ retry_delay: retryDelay });
  const details = [
    { type_url: 'type.googleapis.com/google.rpc.DebugInfo', value: Buffer.from([0x0a, 0x00]) },
    ...info ? [{ type_url: RETRY_INFO, value: info.finish() }] : [],
  ];
  return Buffer.from(root.lookupType('Status').encode({ code, message, details }).finish());
}

/** What `bytes` say. */
export function decodeForeignStatus(bytes: Uint8Array): ForeignStatus {
  const decode = (type: string, given: Uint8Array): Record<string, unknown> => {
    const found = root.lookupType(type);
    return found.toObject(found.decode(given), { longs: Number });
  };
  const { code, message, details } = decode('Status', bytes);
  const list = (details ?? []) as { readonly type_url: string; readonly value: Uint8Array }[];
  const info = list.find(({ type_url }) => type_url === RETRY_INFO);
  const delay = info && decode('RetryInfo', info.value).retry_delay as Record<string, number>;
  return {
    code: Number(code ?? 0),
    message: String(message ?? ''),
    ...delay && { retryDelay: { seconds: delay.seconds ?? 0, nanos: delay.nanos ?? 0 } },
  };
}

/** The bytes of an OTLP answer that says that `rejected` items were left out. */
export function encodeForeignPartialSuccess(rejected: number, errorMessage: string): Buffer {
  const partial_success = { rejected, error_message: errorMessage };
  return Buffer.from(root.lookupType('ExportResponse').encode({ partial_success }).finish());
}
