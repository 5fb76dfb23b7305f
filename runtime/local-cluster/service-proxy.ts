/** Stands on a Service's address and gives each connection to a pod, as kube-proxy does. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenOn } from './address-plan';

/** Where a connection may go. */
export interface ProxyTarget {
  /** Address of a pod. */
  readonly address: string;
  /** Port on this machine. */
  readonly port: number;
}

/** Chooses a target for a client, or none when nobody is ready. */
export type ChooseTarget = (clientAddress: string) => ProxyTarget | undefined;

/** A TCP proxy on one address and port. */
export class ServiceProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  /** `sendAs` is the address that targets see; without it they see the client's. */
  public constructor(private readonly choose: ChooseTarget, private readonly sendAs?: string) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.pass(socket));
  }

  /** Listens on `address:port`. */
  public start(address: string, port: number): Promise<void> {
    return listenOn(this.server, address, port);
  }

  /** Ends it and every connection. */
  public stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
    });
  }

  private pass(client: Socket): void {
    const from = client.remoteAddress ?? '';
    const target = this.choose(from);
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    // The pod sees who asks: inside a cluster, a Service does not hide the client.
    const upstream = connect({
      host: target.address,
      port: target.port,
      localAddress: this.sendAs ?? from,
      allowHalfOpen: true,
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        if (socket.destroyed && !other.writableEnded) other.destroySoon();
      });
      socket.pipe(other);
    }
  }
}
