import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, oneOf, optional, text } from "../../api/schema.ts";
import { locationOf } from "./locations.ts";
import {
  type Deployment,
  getVmService,
  suffix,
  type Vm,
  type VmService,
  type VmTemplate,
  vmServicesOf,
  vmsIn,
} from "./records.ts";
import { templateAlone, withTemplate } from "./template-model.ts";
import { applyTo, changed, startVm, stopVm } from "./vm-changes.ts";
import {
  addVms,
  checkRemovable,
  checkVmQuota,
  deploymentsOf,
  type NewService,
  runVms,
  templateOf,
  terminate,
} from "./vm-model.ts";
import { CHANGE, DEPLOYMENTS, NEW_SERVICE, SERVICE_BRIEF, SERVICE_DETAIL } from "./vm-schemas.ts";
import { serviceDetail, serviceView } from "./vm-views.ts";
import { ACTION, each, listing, listingOf, OUTCOMES, PLACED_LISTING, writeOf, written } from "./wire.ts";

const SERVICE = "/v1/vm/service";
const ONE = `${SERVICE}/{serviceId}`;

const OPERATIONS = operations({
  CreateVmService: {
    summary: "Makes a service: machines alike, some at each place.",
    method: "POST",
    path: SERVICE,
    body: NEW_SERVICE,
    answer: writeOf(SERVICE_BRIEF),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  ListVmServices: {
    summary: "Lists the services.",
    method: "GET",
    path: SERVICE,
    query: { ...PLACED_LISTING, osName: optional(text()), serviceId: optional(text()) },
    answer: listingOf(SERVICE_BRIEF),
  },
  GetVmService: {
    summary: "One service.",
    method: "GET",
    path: ONE,
    answer: SERVICE_DETAIL,
    errors: ["ResourceNotFound"],
  },
  UpdateVmService: {
    summary: "Renames a service, changes how many machines it has, or changes them all.",
    method: "PUT",
    path: ONE,
    body: object({
      ...CHANGE,
      serviceName: optional(text()),
      deployInstances: DEPLOYMENTS,
      replicaTemplate: optional(object({ type: optional(text()), templateId: optional(text()) })),
    }),
    answer: writeOf(SERVICE_BRIEF),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  StartVmService: {
    summary: "Starts the machines of a service.",
    method: "PUT",
    path: `${ONE}/start`,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
  StopVmService: {
    summary: "Stops the machines of a service.",
    method: "PUT",
    path: `${ONE}/stop`,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
  DeleteVmService: {
    summary: "Deletes a service with its machines.",
    method: "DELETE",
    path: ONE,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
  BatchDeleteVmServices: {
    summary: "Deletes several services. The body is a list of ids.",
    method: "POST",
    path: `${SERVICE}/batch/delete`,
    body: list(text(), 100),
    answer: OUTCOMES,
    delay: "becChange",
  },
  BatchOperateVmServices: {
    summary: "Starts or stops several services.",
    method: "PUT",
    path: `${SERVICE}/batch/operate`,
    body: object({ idList: list(text(), 100), action: oneOf("start", "stop") }),
    answer: OUTCOMES,
    delay: "becChange",
  },
  CreateVmServiceInstances: {
    summary: "Adds machines to a service.",
    method: "POST",
    path: `${ONE}/instance`,
    body: NEW_SERVICE,
    answer: writeOf(SERVICE_BRIEF),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
});

const replicasOf = (places: readonly Deployment[]): number => places.reduce((sum, { replicas }) => sum + replicas, 0);

/** The places of a service after machines were added at some. */
function merged(before: readonly Deployment[], more: readonly Deployment[]): readonly Deployment[] {
  const places = new Map(before.map((place) => [place.regionId, place]));
  for (const place of more) {
    const known = places.get(place.regionId);
    places.set(place.regionId, known ? { ...known, replicas: known.replicas + place.replicas } : place);
  }
  return [...places.values()];
}

export const vmServices = part(OPERATIONS, (account) => {
  const services = vmServicesOf(account);
  runVms(account);
  const view = (serviceId: string) => serviceView(account, getVmService(account, serviceId));
  const power = (serviceId: string, from: string, move: (vmId: string) => void): void => {
    getVmService(account, serviceId);
    const vms = vmsIn(account, serviceId).filter(({ status }) => status === from);
    if (vms.length === 0) throw denied(`no machine of ${serviceId} is ${from}.`);
    for (const { vmId } of vms) move(vmId);
  };
  const start = (id: string) => power(id, "STOPPED", (vmId) => startVm(account, vmId));
  const stop = (id: string) => power(id, "RUNNING", (vmId) => stopVm(account, vmId));
  const remove = (id: string): void => {
    getVmService(account, id);
    const vms = vmsIn(account, id).filter(({ status }) => status !== "TERMINATING");
    for (const vm of vms) checkRemovable(account, vm);
    services.patch(id, { deployInstances: [] });
    for (const vm of vms) terminate(account, vm);
    if (vmsIn(account, id).length === 0) services.delete(id);
  };
  /** More machines, or the newest go. */
  const scale = (service: VmService, given: NewService["deployInstances"], template: VmTemplate): void => {
    const places = deploymentsOf(account, given);
    const plan = places.map((place) => {
      const vms = vmsIn(account, service.serviceId).filter(
        ({ regionId, status }) => regionId === place.regionId && status !== "TERMINATING",
      );
      return { place, vms, more: place.replicas - vms.length };
    });
    checkVmQuota(
      account,
      plan.reduce((sum, { more }) => sum + Math.max(0, more), 0),
    );
    const surplus = plan.flatMap(({ vms, more }) => (more < 0 ? vms.slice(more) : []));
    for (const vm of surplus) checkRemovable(account, vm);
    for (const vm of surplus) terminate(account, vm);
    for (const { place, more } of plan) {
      const before = service.deployInstances.find(({ regionId }) => regionId === place.regionId);
      if (more > 0) addVms(account, service, template, { ...(before ?? place), replicas: more }, service.tags);
    }
    const others = service.deployInstances.filter(({ regionId }) => !places.some((one) => one.regionId === regionId));
    services.patch(service.serviceId, { deployInstances: [...others, ...places] });
  };
  const grow = (service: VmService, body: NewService): void => {
    const template = templateOf(account, body);
    const places = deploymentsOf(account, body.deployInstances);
    checkVmQuota(account, replicasOf(places));
    services.set(service.serviceId, { ...service, deployInstances: merged(service.deployInstances, places) });
    for (const place of places) addVms(account, service, template, place, body.tags);
  };

  return {
    CreateVmService({ body: given }) {
      const body = withTemplate(account, given);
      const serviceId = `vm-${suffix(account, 8)}`;
      grow(
        {
          serviceId,
          serviceName: body.serviceName || serviceId,
          createTime: account.time(),
          template: templateOf(account, body),
          deployInstances: [],
          tags: body.tags,
        },
        body,
      );
      return written("CreateVmService", view(serviceId));
    },
    ListVmServices({ query }) {
      const found = services.all().map((service) => serviceView(account, service));
      const named = query.osName
        ? found.filter(({ osImage }) => (osImage as { osName: string }).osName === query.osName)
        : found;
      return listing(query, named);
    },
    GetVmService: ({ params }) => serviceDetail(account, getVmService(account, params.serviceId)),
    UpdateVmService({ params: { serviceId }, body }) {
      const service = getVmService(account, serviceId);
      if (body.type === "serviceName") {
        if (!body.serviceName) throw badRequest("serviceName is required.");
        services.patch(serviceId, { serviceName: body.serviceName });
      } else if (body.type === "replicas") {
        const templateId = body.replicaTemplate?.templateId;
        const template = templateId ? templateOf(account, templateAlone(account, templateId)) : service.template;
        scale(service, body.deployInstances, template);
      } else {
        const template = changed(account, service.template, body);
        const vms: readonly Vm[] = vmsIn(account, serviceId).filter(({ vmId }) => !body.vmId || vmId === body.vmId);
        const busy = vms.find(({ status }) => status !== "RUNNING" && status !== "STOPPED");
        if (busy) throw denied(`${busy.vmId} is ${busy.status}.`);
        for (const vm of vms) applyTo(account, vm, body);
        if (!body.vmId) services.patch(serviceId, { template: { ...service.template, ...template } });
      }
      return written("UpdateVmService", view(serviceId));
    },
    StartVmService({ params }) {
      start(params.serviceId);
      return written("StartVmService");
    },
    StopVmService({ params }) {
      stop(params.serviceId);
      return written("StopVmService");
    },
    DeleteVmService({ params }) {
      remove(params.serviceId);
      return written("DeleteVmService");
    },
    BatchDeleteVmServices: ({ body }) => each("BatchDeleteVmService", body, remove),
    BatchOperateVmServices: ({ body }) =>
      each("BatchOperateVmService", body.idList, body.action === "start" ? start : stop),
    CreateVmServiceInstances({ params: { serviceId }, body }) {
      const service = getVmService(account, serviceId);
      for (const place of body.deployInstances ?? []) locationOf(place);
      grow(service, withTemplate(account, body));
      return written("CreateVmServiceInstance", view(serviceId));
    },
  };
});
