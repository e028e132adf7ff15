import { type Clock, type HttpHandler, jsonResponse, type Logger, type Random, silentLogger } from "@ccm/base";
import { createAccount, DEFAULT_QUOTAS, DEFAULT_TIMINGS, type Quotas, type Timings } from "./account.ts";
import { type AdminRequest, createAdmin } from "./admin.ts";
import { createAccess, type GatewayToken } from "./api/access.ts";
import { Fault } from "./api/fault.ts";
import { type Answer, IdempotencyRecords } from "./api/idempotency.ts";
import { Router } from "./api/router.ts";
import type { AccessKey } from "./api/signature.ts";
import { inputOf, parseTarget } from "./api/wire.ts";
import { createQuietDataPlane, type DataPlane } from "./data-plane/data-plane.ts";
import { createEipPool } from "./eip-pool.ts";
import type { SimulatorEvent } from "./events.ts";
import { type Inventory, inventoryOf } from "./inventory.ts";
import { createBackends } from "./products/backends.ts";
import { createBbc } from "./products/bbc.ts";
import { createBlbs } from "./products/blbs.ts";
import { createCce } from "./products/cce.ts";
import { createEips, type Eips } from "./products/eips.ts";
import { forwardingsOf } from "./products/forwardings.ts";
import { createHpas } from "./products/hpas.ts";
import {
  createInstances,
  type InstanceStatus,
  type NewInstance,
  type SimulatedInstance,
} from "./products/instances.ts";
import { createListeners } from "./products/listeners.ts";
import { createNetwork } from "./products/network.ts";
import { createQuotas } from "./products/quotas.ts";
import { createSecurityGroups } from "./products/security-groups.ts";
import { createSts } from "./products/sts.ts";
import { createTags } from "./products/tags.ts";

export interface SimulatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly region?: string;
  readonly timings?: Partial<Timings>;
  readonly quotas?: Partial<Quotas>;
  /** Default: made from `random`. */
  readonly credentials?: AccessKey;
  /** A CIDR of loopback addresses. */
  readonly eipPool?: string;
  readonly dataPlane?: DataPlane;
  /** Whether TCP and UDP may share a port: a switch of the account. Default true. */
  readonly samePortForTwoProtocols?: boolean;
  readonly onChange?: (event: SimulatorEvent) => void;
}

export interface Simulator {
  /** The signed API of all products. */
  readonly handler: HttpHandler;
  /** Unsigned pages and switches for the lab, under /admin. */
  readonly admin: HttpHandler;
  /** As they are now: see rotateCredentials. */
  readonly credentials: AccessKey;
  /** Gives the account another key; the one before is refused from now on. */
  rotateCredentials(): AccessKey;
  /** Lets CCE's gateway take calls with this token, and no longer with the one before. */
  issueGatewayToken(): GatewayToken;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  createInstance(instance: NewInstance): SimulatedInstance;
  deleteInstance(id: string): void;
  startInstance(id: string): void;
  stopInstance(id: string): void;
  setInstanceStatus(id: string, status: InstanceStatus): void;
  /** Another route table of the VPC. Returns its id. */
  createRouteTable(): string;
  removeRoute(routeRuleId: string): void;
  inventory(): Inventory;
  close(): Promise<void>;
}

/** There is one account. */
const ACCOUNT = "lab";

/** Baidu AI Cloud, one account in one region, in memory. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const { clock, random, logger = silentLogger, region = "bj" } = options;
  const dataPlane = options.dataPlane ?? createQuietDataPlane();
  const access = createAccess(clock, random, options.credentials);
  const account = createAccount({
    clock,
    random,
    region,
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    emit: (event) => options.onChange?.(event),
  });
  const router = new Router();
  const instances = createInstances(account, router);
  const network = createNetwork(account, router, instances);
  let eips: Eips;
  const blbs = createBlbs(account, router, () => eips);
  eips = createEips(account, router, instances, (id) => blbs.all.has(id), createEipPool(options.eipPool, random));
  createListeners(account, router, blbs, options.samePortForTwoProtocols ?? true);
  createBackends(account, router, blbs, instances, dataPlane);
  createSecurityGroups(account, router, blbs);
  createTags(account, router, blbs, eips);
  createQuotas(account, router, blbs, eips, network);
  createBbc(account, router, instances);
  createHpas(account, router, instances);
  createCce(account, router, instances);
  createSts(account, router, access);

  const refresh = (): void => dataPlane.apply(forwardingsOf(blbs, eips, instances));
  blbs.onChange(refresh);
  eips.onChange(refresh);
  instances.onChange((instance) => {
    if (instance.status === "Deleted") {
      for (const blb of blbs.all.values()) blb.backends.delete(instance.id);
      eips.detach(instance.id);
    }
    refresh();
  });

  const records = new IdempotencyRecords(clock);
  const log: AdminRequest[] = [];
  const answer = (request: Parameters<HttpHandler>[0]): Answer => {
    try {
      const target = parseTarget(request.target);
      access.authenticate(request, target);
      const input = inputOf(request.method, target, request.body);
      return records.handle(ACCOUNT, input, target, request.body, () => ({
        status: 200,
        body: router.dispatch(input),
      }));
    } catch (error) {
      if (error instanceof Fault) return { status: error.status, body: { code: error.code, message: error.message } };
      logger.error("the simulator failed", { error });
      return {
        status: 500,
        body: { code: "InternalError", message: "We encountered an internal error. Please try again." },
      };
    }
  };
  const handler: HttpHandler = async (request) => {
    const requestId = random.uuid();
    const { status, body } = answer(request);
    const json = status >= 400 ? { requestId, ...(body as object) } : body;
    log.push({
      time: new Date(clock.now()).toISOString(),
      method: request.method,
      target: request.target.replace(/authorization=[^&]*/i, "authorization=…"),
      status,
      ...(status >= 400 ? { code: (body as { code: string }).code } : {}),
      requestId,
    });
    if (log.length > 500) log.shift();
    return jsonResponse(status, json, {
      "content-type": "application/json;charset=UTF-8",
      "x-bce-request-id": requestId,
      date: new Date(clock.now()).toUTCString(),
      server: "BWS",
      "cache-control": "no-cache",
    });
  };
  const simulator: Omit<Simulator, "admin"> = {
    handler,
    get credentials() {
      return access.credentials;
    },
    rotateCredentials: access.rotate,
    issueGatewayToken: access.issueGatewayToken,
    region,
    vpcId: account.vpc.vpcId,
    subnetIds: account.subnets.map(({ subnetId }) => subnetId),
    createInstance: instances.create,
    deleteInstance: instances.delete,
    startInstance: instances.start,
    stopInstance: instances.stop,
    setInstanceStatus: instances.setStatus,
    createRouteTable: network.createRouteTable,
    removeRoute: network.remove,
    inventory: () => inventoryOf(blbs, eips, network, instances),
    close: () => dataPlane.close(),
  };
  return Object.assign(simulator, { admin: createAdmin(simulator, log) });
}
