/** Clients that a server with TLS cannot agree with. */
import type { Socket } from 'net';
import { checkServerIdentity, type Server, type TLSSocket } from 'tls';
import { messageOf } from '../errors';
import type { PeerLog } from './peer-log';
import { handshakeFailure } from './tls-failure';

/** Tells `peers` of handshakes with `server` that fail, and of clients that leave silently. */
export function tellOfHandshakes(server: Server, peers: PeerLog): void {
  // A socket that has ended knows whose it was only where somebody has asked before.
  server.prependListener('connection', (socket: Socket) => { void socket.remoteAddress; });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const peer = addressOf(socket);
    const failure = handshakeFailure(error, socket);
    if (failure !== undefined) peers.warn('TLS handshake failed.', peer, failure, failure);
    else peers.debug('A client left during the TLS handshake.', peer, messageOf(error));
  });
  server.on('secureConnection', (socket) => {
    const peer = addressOf(socket);
    socket.once('close', () => {
      if (socket.bytesRead > 0) return;
      // Some clients end the handshake before they look at the certificate, and send no alert.
      peers.debug('A client left after the TLS handshake and sent nothing.', peer,
        'it may be a probe, or may not accept our certificate');
    });
  });
}

/**
 * Lets `server` take connections only of clients whose certificate holds `name`; `peers` is told of
 * others. Whoever listens for connections does so before.
 */
export function takeOnlyClientsNamed(name: string, server: Server, peers: PeerLog): void {
  const takers = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    if (checkServerIdentity(name, socket.getPeerCertificate()) === undefined) {
      for (const taker of takers) taker.call(server, socket);
      return;
    }
    peers.warn('A connection was refused.', addressOf(socket),
      `the client's certificate must hold the name ${name}, and does not`);
    socket.destroy();
  });
}

/** Where Node.js has closed the socket of TLS already, the one below it knows. */
function addressOf(socket: TLSSocket): string {
  const { _parent: below } = socket as { readonly _parent?: Socket };
  return socket.remoteAddress ?? below?.remoteAddress ?? '';
}
