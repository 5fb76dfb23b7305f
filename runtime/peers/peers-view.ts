/** What a resolver says about the pool. */
export interface PeersView {
  /** Addresses of pods that take new traces, as the agents' rings spell them. */
  readonly ready: readonly string[];
  /**
   * Addresses of all pods that exist: ready, starting and leaving ones. A pod that was in here, no
   * longer is, and is silent counts as gone. undefined when the resolver cannot tell (static lists,
   * DNS of ready pods): a pod is then gone when it says good-bye, or when nobody has listened there
   * for a while.
   */
  readonly all?: readonly string[];
}
