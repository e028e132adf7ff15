import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { SERVICES, type Service } from "@ccm/kube";
import { type Bench, round } from "./bench.ts";
import { serviceName } from "./cluster.ts";
import type { Side } from "./subject.ts";
import { watchUntil } from "./watching.ts";

export interface EditResult {
  readonly services: number;
  /** From the user's edit to the load balancer showing it in the status; absent: not within the limit. */
  readonly editServedSeconds?: number;
  readonly limitSeconds: number;
}

const EDIT_LIMIT_MS = 60_000;

/** Another one for each side, since both edit the same Service. */
const PORT: Readonly<Record<Side, number>> = { ours: 8080, go: 8081 };

/** A restart looks at all load balancers again, two seconds each; meanwhile a user edits the one that would come last. */
export async function editDuringResync(
  { client, start }: Bench,
  side: Side,
  { count, flags = [] }: { readonly count: number; readonly flags?: readonly string[] },
): Promise<EditResult> {
  const subject = start(side, { flags });
  try {
    await subject.syncedMs;
    await sleep(systemClock, 2000);
    const ref = { namespace: "default", name: serviceName(count - 1) };
    const since = systemClock.monotonic();
    const shows = ({ metadata, status }: Service) =>
      metadata.name === ref.name &&
      (status?.loadBalancer?.ingress?.[0]?.ports ?? []).some(({ port }) => port === PORT[side]);
    const { ready, times } = watchUntil<Service>({
      client,
      type: SERVICES,
      since,
      wanted: 1,
      done: shows,
      limitMs: EDIT_LIMIT_MS,
    });
    await ready;
    const add = [
      { op: "add", path: "/spec/ports/-", value: { name: `edited-${PORT[side]}`, port: PORT[side], targetPort: 8080 } },
    ];
    await client.patch(SERVICES, ref, { type: "json", body: add });
    const [served] = await times;
    return {
      services: count,
      limitSeconds: EDIT_LIMIT_MS / 1000,
      ...(served === undefined ? {} : { editServedSeconds: round(served / 1000, 1) }),
    };
  } finally {
    await subject.stop();
  }
}
