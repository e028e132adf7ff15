import { createTour, type Tour, withNetwork } from "./tour.ts";

export interface Instance {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

const WANTED = { imageId: "m-lab00000", spec: "bcc.g5.c2m8", billing: { paymentTiming: "Postpaid" }, name: "web" };

/** A network, and words to make and look at instances in it. */
export async function withInstances(tour: Tour = createTour()) {
  const net = await withNetwork(tour);
  const body = { ...WANTED, zoneName: "cn-bj-a", subnetId: net.subnetId };
  const create = async (more: object = {}) =>
    (await net.ok<{ instanceIds: string[] }>("POST /v2/instanceBySpec", { ...body, ...more })).instanceIds;
  const get = async (id: string) => (await net.ok<{ instance: Instance }>(`GET /v2/instance/${id}`)).instance;
  /** One that runs. */
  const running = async (more: object = {}) => {
    const [id = ""] = await create(more);
    await net.settle();
    return id;
  };
  const list = async (query: string) =>
    (await net.ok<{ instances: Instance[] }>(`GET /v2/instance?${query}`)).instances.map((one) => one.name);
  return { ...net, tour, body, create, get, running, list };
}
