/** The messages between peers as protobufjs knows them; the text is that of docs/trace-peers.md. */
import { parse, type Type } from 'protobufjs';

/** The messages, as text. */
export const PEER_PROTO = `
syntax = "proto3";
package otelgw.peers;

message PeerRequest {
  uint32 version = 1;
  Pod from = 2;
  uint64 to = 3;
  oneof body {
    Announce announce = 4;
    Claim claim = 5;
    Forward forward = 6;
    Decisions decisions = 7;
    Bye bye = 8;
  }
}
message PeerAnswer {
  uint32 version = 1;
  Pod from = 2;
  oneof body {
    AnnounceAnswer announce = 4;
    ClaimAnswer claim = 5;
    ForwardAnswer forward = 6;
    DecisionsAnswer decisions = 7;
    ByeAnswer bye = 8;
    Refusal refusal = 9;
  }
}
message Pod { string address = 1; uint64 incarnation = 2; }
message Ring { repeated string members = 1; }
message Announce { uint64 seq = 1; Ring current = 2; Ring next = 3; uint32 generation = 4; }
message Claim { bytes ids = 1; }
message Forward { uint64 seq = 1; uint32 hops = 2; uint32 spans = 3; bytes request = 4; }
message Decisions { bytes kept = 1; bytes dropped = 2; Notes notes = 3; }
message Notes { bytes fixed = 1; repeated string policies = 2; repeated uint32 numbers = 3; }
message Bye {}
message AnnounceAnswer {
  uint64 seq = 1;
  Ring current = 2;
  Ring next = 3;
  repeated LivingRing others = 4;
  repeated Pod gone = 5;
}
message LivingRing { Ring ring = 1; uint32 ms_left = 2; }
message ClaimAnswer { repeated uint32 answers = 1; repeated string pods = 2; Notes notes = 3; }
message ForwardAnswer { bool taken = 1; }
message DecisionsAnswer {}
message ByeAnswer { bool accepted = 1; }
message Refusal { string reason = 1; }
`;

const root = parse(PEER_PROTO, { keepCase: false }).root;

/** The protobufjs type of a message. */
export function peerType(name: 'PeerRequest' | 'PeerAnswer'): Type {
  return root.lookupType(`otelgw.peers.${name}`);
}

/** Bytes of `message` as protobufjs writes them. */
export function encodePeer(name: 'PeerRequest' | 'PeerAnswer', message: object): Buffer {
  const type = peerType(name);
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

/** What protobufjs reads: whole numbers as numbers, bytes as hex. */
export function decodePeer(name: 'PeerRequest' | 'PeerAnswer', bytes: Uint8Array): unknown {
  const type = peerType(name);
  const object = type.toObject(type.decode(bytes), { longs: Number, defaults: false });
  return JSON.parse(JSON.stringify(object, (_key, value: unknown) =>
    isBytes(value) ? Buffer.from(value.data).toString('hex') : value));
}

/** How JSON shows a Buffer before a replacer sees it. */
function isBytes(value: unknown): value is { readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
