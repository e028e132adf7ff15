import type { Account } from "../../account.ts";
import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, number, object, oneOf, optional, text } from "../../api/schema.ts";
import { getBlb } from "./balancer-model.ts";
import { getContainerService, getDeployment, getPod } from "./container-model.ts";
import { notFound } from "./faults.ts";
import { natsOf } from "./nat-model.ts";
import { getVm, getVmService } from "./records.ts";

const TYPES = [
  "CPU",
  "MEMORY",
  "BANDWIDTH_RECEIVE",
  "BANDWIDTH_TRANSMIT",
  "TRAFFIC_RECEIVE",
  "TRAFFIC_TRANSMIT",
  "NODE_BW_RECEIVE",
  "NODE_BW_TRANSMIT",
  "NODE_LB_BW_RECEIVE",
  "NODE_LB_BW_TRANSMIT",
  "REQUEST_NUMBER",
  "REQUEST_RATE",
  "REQUEST_DELAY",
  "UNKNOWN",
] as const;
const POINTS = 2000;
const METRICS = {
  method: "GET",
  query: {
    metricsType: oneOf(...TYPES),
    start: optional(integer()),
    end: optional(integer()),
    stepInMin: optional(integer(1, 1440), 1),
    serviceProvider: optional(text()),
    port: optional(text()),
    ipType: optional(oneOf("extranet", "intranet")),
  },
  answer: object({
    metrics: list(object({ timeInSecond: integer(), value: number() }), POINTS),
    maxValue: number(),
    avgValue: number(),
    totalValue: number(),
  }),
  errors: ["ResourceNotFound"],
} as const;
const ROOT = "/v1/monitor";

const OPERATIONS = operations({
  GetServiceMetrics: { summary: "Of a service of containers.", path: `${ROOT}/service/sts/{id}`, ...METRICS },
  GetDeploymentMetrics: { summary: "Of what a service has at one place.", path: `${ROOT}/deployment/{id}`, ...METRICS },
  GetPodMetrics: { summary: "Of a pod.", path: `${ROOT}/pod/{id}`, ...METRICS },
  GetVmMetrics: { summary: "Of a machine.", path: `${ROOT}/vm/{id}`, ...METRICS },
  GetVmServiceMetrics: { summary: "Of a service of machines.", path: `${ROOT}/service/vm/{id}`, ...METRICS },
  GetBlbMetrics: { summary: "Of a load balancer.", path: `${ROOT}/lb/{id}`, ...METRICS },
  GetNatMetrics: { summary: "Of a NAT gateway.", path: `${ROOT}/nat/{id}`, ...METRICS },
});

interface Window {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly stepInMin: number;
}

/** Nothing is measured: the series has the right points, and they are zero. Default: the last hour. */
function series(account: Account, { stepInMin, ...window }: Window) {
  const end = window.end ?? Math.floor(account.clock.now() / 1000);
  const start = window.start ?? end - 3600;
  const step = stepInMin * 60;
  if (end < start) throw badRequest("end: expected a time after start.");
  const count = Math.floor((end - start) / step) + 1;
  if (count > POINTS) throw badRequest(`stepInMin: expected at most ${POINTS} points.`);
  const metrics = Array.from({ length: count }, (_, index) => ({ timeInSecond: start + index * step, value: 0 }));
  return { metrics, maxValue: 0, avgValue: 0, totalValue: 0 };
}

export const monitoring = part(OPERATIONS, (account) => {
  const of =
    (find: (account: Account, id: string) => unknown) =>
    ({ params, query }: { readonly params: { readonly id: string }; readonly query: Window }) => {
      find(account, params.id);
      return series(account, query);
    };
  return {
    GetServiceMetrics: of(getContainerService),
    GetDeploymentMetrics: of(getDeployment),
    GetPodMetrics: of(getPod),
    GetVmMetrics: of(getVm),
    GetVmServiceMetrics: of(getVmService),
    GetBlbMetrics: of(getBlb),
    GetNatMetrics: of((_, id) => {
      if (!natsOf(account).has(id)) throw notFound(id);
    }),
  };
});
