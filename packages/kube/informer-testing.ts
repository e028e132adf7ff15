/** For the informer's tests: an informer over FakeServices, and what it told. */
import { createLogger, inProcessTransport, seededRandom, VirtualClock } from "@ccm/base";
import { createKubeClient } from "./kube-client.ts";
import { createInformer, type InformerOptions } from "./list-watch.ts";
import { FakeServices } from "./testing.ts";
import { SERVICES, type Service } from "./types/core.ts";

/** Lists come in pages, unless `streamLists`. */
export function startInformer(options: Partial<InformerOptions<Service>> = {}) {
  const clock = new VirtualClock();
  const api = new FakeServices(seededRandom("api"));
  const client = createKubeClient({
    baseUrl: "https://kubernetes.test",
    send: inProcessTransport((request) => api.handler(request)),
    clock,
    random: seededRandom("client"),
  });
  const lines: string[] = [];
  const errors: unknown[] = [];
  const informer = createInformer<Service>({
    client,
    type: SERVICES,
    clock,
    random: seededRandom("informer"),
    logger: createLogger((level, message) => lines.push(`${level} ${message}`)),
    onError: (error) => errors.push(error),
    streamLists: false,
    ...options,
  });
  const told: string[] = [];
  const handler = {
    add: (object: Service) => void told.push(`add ${text(object)}`),
    update: (before: Service, after: Service) => void told.push(`update ${text(before)} ${text(after)}`),
    delete: (object: Service) => void told.push(`delete ${text(object)}`),
  };
  const stop = new AbortController();
  const run = () => informer.run(stop.signal);
  return { clock, api, client, informer, told, handler, run, stop, lines, errors };
}

export const text = ({ metadata: { name, resourceVersion } }: Service) => `${name}:${resourceVersion}`;
export const names = (objects: readonly Service[]) => objects.map(({ metadata }) => metadata.name).sort();
