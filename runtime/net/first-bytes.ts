/** Tells connections in plain text apart that begin with HTTP/2 from those of HTTP/1.1. */
import type { Socket } from 'net';
import type { Clock } from '../clock';
import { PREFACE } from './http2/frames';

/** No method of HTTP/1.1 begins with so many bytes of the preface. */
const ENOUGH = 3;

/** Waits for the first bytes of connections. */
export class FirstBytes {
  private readonly waiting = new Set<Socket>();

  public constructor(
    private readonly clock: Clock,
    /** How long a connection may say nothing. */
    private readonly patienceMs: number,
    /** Takes a socket over that is paused, and in which nothing seems to have been read. */
    private readonly decided: (socket: Socket, isHttp2: boolean) => void,
  ) {}

  /** Waits for those of `socket`. */
  public await(socket: Socket): void {
    const { waiting } = this;
    const ignore = (): void => undefined;
    const timer = this.clock.after(this.patienceMs, () => socket.destroy());
    const forget = (): void => {
      timer.cancel();
      waiting.delete(socket);
    };
    let seen: Buffer = Buffer.alloc(0);
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const compared = Math.min(seen.length, ENOUGH);
      const isHttp2 = PREFACE.compare(seen, 0, compared, 0, compared) === 0;
      if (isHttp2 && compared < ENOUGH) return;
      forget();
      socket.removeListener('data', look);
      socket.removeListener('close', forget);
      socket.removeListener('end', end);
      socket.removeListener('error', ignore);
      socket.pause();
      socket.unshift(seen);
      this.decided(socket, isHttp2);
      socket.resume();
    };
    const end = (): void => { socket.destroy(); };
    waiting.add(socket);
    socket.on('error', ignore);
    socket.on('end', end);
    socket.on('close', forget);
    socket.on('data', look);
  }

  /** Ends those that have said nothing. */
  public cut(): void {
    for (const socket of this.waiting) socket.destroy();
  }
}
