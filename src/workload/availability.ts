/** How many pods of a pool may be taken away at a time when nodes are emptied. */
export class Availability {
  /** At most `pods` (a whole number from 1 on) are taken away at a time. */
  public static maxUnavailable(pods: number): Availability {
    return new Availability({ maxUnavailable: pods });
  }

  /** At least `pods` are left: a whole number below that of all pods. */
  public static minAvailable(pods: number): Availability {
    return new Availability({ minAvailable: pods });
  }

  /** All may be taken away at once. */
  public static unprotected(): Availability {
    return new Availability(undefined);
  }

  private constructor(
    /**
     * The bound that the PodDisruptionBudget holds.
     * @internal
     */
    public readonly _bound?: { readonly maxUnavailable?: number; readonly minAvailable?: number },
  ) {}
}
