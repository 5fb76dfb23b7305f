/**
 * What pods of a pool of samplers say to each other, as typed objects.
 *
 * Five messages, each with one answer. On the wire all of them go through one call as `PeerRequest`
 * and `PeerAnswer` (message-writer.ts, message-reader.ts). Trace ids travel side by side, 16 bytes
 * each; spans as the bytes of an ExportTraceServiceRequest, which nobody decodes on the way.
 */

/** What this process speaks. A peer that speaks another version is refused. */
export const PROTOCOL_VERSION = 1;

/** Bytes of a trace id. */
export const ID_BYTES = 16;
/** Trace ids in one Claim or Decisions. */
export const MOST_IDS = 4096;
/** Members of one ring. */
export const MOST_MEMBERS = 1000;
/** Bytes of an address or a reason. */
export const MOST_TEXT_BYTES = 256;
/** Rings in an answer to Announce. */
export const MOST_RINGS = 64;
/** Gone pods in an answer to Announce. */
export const MOST_GONE = 256;
/** Span bytes that are gathered into one Forward. One request that is larger goes alone. */
export const FULL_FORWARD_BYTES = 2 * 1024 * 1024;

/** A pod. A restart at the same address makes another one. */
export interface PeerIdentity {
  /** Its address as rings spell it, for example `10.1.2.3:4317`. */
  readonly address: string;
  /** A whole number that no other life of the pod has: 1 to 2^53 - 1. */
  readonly incarnation: number;
}

/** Members of a ring: addresses, sorted. */
export type Members = readonly string[];

/** "These are my rings." */
export interface Announce {
  /** Which message it is. */
  readonly kind: 'announce';
  /** Rises with each Announce, and answer to one, of the sender; an older one replaces nothing. */
  readonly seq: number;
  /** The ring that the sender routes by. */
  readonly current: Members;
  /** The ring that it will route by when all have answered. */
  readonly next?: Members;
}

/** "Does any of these traces live at yours? I am about to hold them." */
export interface Claim {
  /** Which message it is. */
  readonly kind: 'claim';
  /** Trace ids, 16 bytes each, 1 to MOST_IDS of them. */
  readonly ids: Uint8Array;
}

/** "These spans are yours to place." */
export interface Forward {
  /** Which message it is. */
  readonly kind: 'forward';
  /** Rises by one with every Forward from this pod to that one; a repeated one keeps its number. */
  readonly seq: number;
  /** Number of pods that have passed these spans on, 1 to 255. */
  readonly hops: number;
  /** Number of spans. */
  readonly spans: number;
  /** Parts of one ExportTraceServiceRequest: side by side they are the request. */
  readonly chunks: readonly Uint8Array[];
}

/** "These traces are decided, and you now answer for it." */
export interface Decisions {
  /** Which message it is. */
  readonly kind: 'decisions';
  /** Ids of traces that are kept, 16 bytes each. */
  readonly kept: Uint8Array;
  /** Ids of traces that are not. */
  readonly dropped: Uint8Array;
}

/** "I hold nothing any more, and leave." */
export interface Bye {
  /** Which message it is. */
  readonly kind: 'bye';
}

/** What a pod may say. */
export type PeerMessage = Announce | Claim | Forward | Decisions | Bye;

/** A ring that somebody may still route by, and for how long. */
export interface LivingRing {
  /** The ring. */
  readonly members: Members;
  /** Milliseconds from now. */
  readonly msLeft: number;
}

/** Answer to Announce. */
export interface AnnounceAnswer {
  /** Which answer it is. */
  readonly kind: 'announce';
  /** See Announce. */
  readonly seq: number;
  /** The ring that the answering pod routes by. */
  readonly current: Members;
  /** The ring that it announces, if any. */
  readonly next?: Members;
  /** All other rings that live at the answering pod. */
  readonly others: readonly LivingRing[];
  /** Pods that it knows to be gone. */
  readonly gone: readonly PeerIdentity[];
}

/** "No, and it is yours now." */
export const NO = 0;
/** "It lives here." */
export const HERE = 1;
/** "It was decided: kept." */
export const KEPT = 2;
/** "It was decided: not kept." */
export const DROPPED = 3;
/** "Ask that pod": from here on, the number of the pod in `pods` is added. */
export const ASK = 4;

/** Answer to Claim. */
export interface ClaimAnswer {
  /** Which answer it is. */
  readonly kind: 'claim';
  /** One of NO, HERE, KEPT, DROPPED, or ASK + a number, for each id in order. */
  readonly answers: readonly number[];
  /** Addresses of the pods to ask. */
  readonly pods: readonly string[];
}

/** Answer to Forward. */
export interface ForwardAnswer {
  /** Which answer it is. */
  readonly kind: 'forward';
  /** Whether the spans were taken over; if not, memory is short, and they stay with the sender. */
  readonly taken: boolean;
}

/** Answer to Decisions: taken over. */
export interface DecisionsAnswer {
  /** Which answer it is. */
  readonly kind: 'decisions';
}

/** Answer to Bye. */
export interface ByeAnswer {
  /** Which answer it is. */
  readonly kind: 'bye';
  /** Whether the pod may go; if not, spans are on their way to it, and it asks again. */
  readonly accepted: boolean;
}

/** "I do not speak with you." */
export interface Refusal {
  /** Which answer it is. */
  readonly kind: 'refusal';
  /** Why, for a log line. */
  readonly reason: string;
}

/** What a pod may answer. */
export type AnswerBody =
  | AnnounceAnswer | ClaimAnswer | ForwardAnswer | DecisionsAnswer | ByeAnswer | Refusal;

/** One message with who says it. */
export interface PeerRequest {
  /** Version of the protocol that the sender speaks. */
  readonly version: number;
  /** Who says it. */
  readonly from: PeerIdentity;
  /**
   * Incarnation of the pod that this is meant for; 0 when the sender has not heard it yet. Another
   * life of that pod refuses it: it must not take what its predecessor may have taken.
   */
  readonly to: number;
  /** What is said; undefined when this process does not know such a message. */
  readonly body: PeerMessage | undefined;
}

/** One answer with who gives it. */
export interface PeerAnswer {
  /** Version of the protocol that the answering pod speaks. */
  readonly version: number;
  /** Who answers. */
  readonly from: PeerIdentity;
  /** What is answered; undefined when this process does not know such an answer. */
  readonly body: AnswerBody | undefined;
  /** It may be given when this is fulfilled; at once where it is absent. It does not travel. */
  readonly written?: Promise<void>;
}
