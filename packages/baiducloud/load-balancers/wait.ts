import { type Clock, sleep } from "@ccm/base";
import type { BceClient, Eip, LoadBalancer } from "@ccm/bce";
import { CloudError } from "@ccm/cloud-provider";

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2000;
/** After that the worker is freed; the Service is looked at again soon. */
const PATIENCE_MS = 60_000;
/** What is not visible so long after its creation does not exist. */
const VISIBLE_WITHIN_MS = 30_000;
const NOT_VISIBLE = "not visible";
const LOOK_AGAIN_MS = 5000;

export interface Waits {
  /** Until the load balancer takes changes again. */
  blbAvailable(id: string, signal: AbortSignal): Promise<LoadBalancer>;
  blbGone(id: string, signal: AbortSignal): Promise<void>;
  eipIs(address: string, status: "available" | "binded", signal: AbortSignal): Promise<Eip>;
}

export function createWaits(client: BceClient, clock: Clock): Waits {
  /** Asks until there is an answer. `look` says what it saw when there is none. */
  const until = async <T>(
    what: string,
    signal: AbortSignal,
    look: () => Promise<{ readonly answer: T } | { readonly seen: string }>,
  ): Promise<T> => {
    const since = clock.monotonic();
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      const result = await look();
      if ("answer" in result) return result.answer;
      const waited = clock.monotonic() - since;
      if (result.seen === NOT_VISIBLE && waited > VISIBLE_WITHIN_MS) {
        throw new CloudError("absent", `${what} does not exist (any more)`, { retryAfterMs: LOOK_AGAIN_MS });
      }
      if (waited > PATIENCE_MS) {
        const text = `${what}: still ${result.seen} after ${PATIENCE_MS / 1000} s`;
        throw new CloudError("retryable", text, { retryAfterMs: LOOK_AGAIN_MS });
      }
      await sleep(clock, pause, signal);
    }
  };
  return {
    blbAvailable: (id, signal) =>
      until(`load balancer ${id}`, signal, async () => {
        // Right after its creation a load balancer may not be found yet.
        const blb = await client.blb.look(id, { lane: "user", signal });
        if (blb?.status === "available") return { answer: blb };
        if (blb?.status === "paused" || blb?.status === "unavailable") {
          throw new CloudError("retryable", `load balancer ${id} is ${blb.status}: is the account in arrears?`);
        }
        return { seen: blb?.status ?? NOT_VISIBLE };
      }),
    blbGone: (id, signal) =>
      until(`load balancer ${id}`, signal, async () => {
        const blb = await client.blb.look(id, { lane: "user", signal });
        return blb ? { seen: blb.status } : { answer: undefined };
      }),
    eipIs: (address, status, signal) =>
      until(`EIP ${address}`, signal, async () => {
        const eip = await client.eip.look(address, { lane: "user", signal });
        if (eip?.status === status) return { answer: eip };
        if (eip?.status === "paused" || eip?.status === "unavailable") {
          throw new CloudError("retryable", `EIP ${address} is ${eip.status}: is the account in arrears?`);
        }
        return { seen: eip?.status ?? NOT_VISIBLE };
      }),
  };
}
