import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { isTakenBy, releaseEdgeIp, takeEdgeIp } from "./addresses.ts";
import { notFound } from "./faults.ts";
import { getImage, imageDetail } from "./images-model.ts";
import { LOCATION_VIEW } from "./locations.ts";
import { getSecurityGroup } from "./network-records.ts";
import { getVm, vmsOf } from "./records.ts";
import { applyTo, changeableVm, restartVm, startVm, stopVm } from "./vm-changes.ts";
import { checkKeypairs, enter, terminate } from "./vm-model.ts";
import { CHANGE, DISK_VIEW, IMAGE_DETAIL, IMAGE_TYPE, KEY_CONFIG, VM_BRIEF, VM_DETAIL } from "./vm-schemas.ts";
import { vmDetail, vmView } from "./vm-views.ts";
import { ACTION, ANY, each, listing, listingOf, OUTCOMES, PLACED_LISTING, writeOf, written } from "./wire.ts";

const VM = "/v1/vm/instance";
const ONE = `${VM}/{vmId}`;
const TEXT = optional(text());
const IP_OUTCOME = object({
  success: boolean(),
  result: object({ success: boolean(), errCode: text(), errMsg: text(), ips: list(text()), errIPs: list(text()) }),
});
const CHANGES = ["ResourceNotFound", "OperationDenied"];

const OPERATIONS = operations({
  ListVmInstances: {
    summary: "Lists the machines.",
    method: "GET",
    path: VM,
    query: { ...PLACED_LISTING, osName: TEXT, serviceId: TEXT },
    answer: listingOf(VM_DETAIL),
  },
  ListNodeVmInstances: {
    summary: "The machines at one place.",
    method: "GET",
    path: `${VM}/regions/{region}/sps/{serviceProvider}/cities/{city}`,
    query: { keywordType: TEXT, keyword: TEXT },
    answer: object({ result: list(VM_BRIEF, Number.MAX_SAFE_INTEGER), success: boolean() }),
  },
  GetVirtualMachine: {
    summary: "One machine.",
    method: "GET",
    path: ONE,
    answer: VM_DETAIL,
    errors: ["ResourceNotFound"],
  },
  DeleteVmInstance: {
    summary: "Deletes a machine.",
    method: "DELETE",
    path: ONE,
    answer: ACTION,
    errors: CHANGES,
    delay: "becChange",
  },
  UpdateVmInstance: {
    summary: "Changes the size, password, name, … of a machine.",
    method: "PUT",
    path: ONE,
    body: object({ ...CHANGE, networkConfig: ANY }),
    answer: writeOf(VM_BRIEF),
    errors: CHANGES,
    delay: "becChange",
  },
  StartVmInstance: {
    summary: "Starts a machine.",
    method: "PUT",
    path: `${ONE}/start`,
    answer: ACTION,
    errors: CHANGES,
    delay: "becChange",
  },
  StopVmInstance: {
    summary: "Stops a machine.",
    method: "PUT",
    path: `${ONE}/stop`,
    answer: ACTION,
    errors: CHANGES,
    delay: "becChange",
  },
  RestartVmInstance: {
    summary: "Restarts a machine.",
    method: "PUT",
    path: `${ONE}/restart`,
    answer: ACTION,
    errors: CHANGES,
    delay: "becChange",
  },
  ReinstallVmInstance: {
    summary: "Writes another image onto the system disk.",
    method: "PUT",
    path: `${ONE}/system/reinstall`,
    body: object({
      adminPass: TEXT,
      imageId: text(),
      imageType: IMAGE_TYPE,
      resetDataDisk: optional(boolean()),
      keyConfig: KEY_CONFIG,
      cudaVersion: TEXT,
      cudnnVersion: TEXT,
      driverVersion: TEXT,
      userData: TEXT,
    }),
    answer: writeOf(VM_BRIEF),
    errors: CHANGES,
    delay: "becCreate",
  },
  GetVmConfig: {
    summary: "What a machine was made from.",
    method: "GET",
    path: `${ONE}/config`,
    answer: object({
      cpu: integer(),
      mem: integer(),
      ...LOCATION_VIEW,
      needPublicIp: boolean(),
      bandwidth: text(),
      osImage: IMAGE_DETAIL,
      dataVolumeList: list(DISK_VIEW),
      systemVolume: DISK_VIEW,
    }),
    errors: ["ResourceNotFound"],
  },
  CreateVmPrivateIps: {
    summary: "Gives a machine further private addresses: so many, or these.",
    method: "POST",
    path: `${ONE}/privateIp`,
    body: object({
      secondaryPrivateIpAddressCount: optional(integer(1, 40)),
      privateIps: optional(list(text(), 40)),
    }),
    answer: IP_OUTCOME,
    errors: CHANGES,
  },
  ReleaseVmPrivateIps: {
    summary: "Takes further private addresses back.",
    method: "PUT",
    path: `${ONE}/privateIp/release`,
    body: object({ privateIps: list(text(), 40) }),
    answer: IP_OUTCOME,
    errors: ["ResourceNotFound"],
  },
  BindSecurityGroups: {
    summary: "Adds security groups to machines (bind) or takes them off (unbind).",
    method: "PUT",
    path: `${VM}/securityGroup/{action}`,
    body: object({ instances: list(object({ instanceId: text(), securityGroupIds: list(text()) })) }),
    answer: OUTCOMES,
  },
});

export const vmInstances = part(OPERATIONS, (account) => {
  const vms = vmsOf(account);
  const brief = (vmId: string) => vmView(account, getVm(account, vmId));
  const addressed = (ips: readonly string[]) => ({
    success: true,
    result: { success: true, errCode: "", errMsg: "", ips, errIPs: [] },
  });
  return {
    ListVmInstances({ query }) {
      const views = vms.all().map((vm) => vmDetail(account, vm));
      const named = query.osName
        ? views.filter(({ osImage }) => (osImage as { osName: string }).osName === query.osName)
        : views;
      return listing(query, named);
    },
    ListNodeVmInstances({ params, query: { keywordType, keyword } }) {
      const at = vms
        .all()
        .filter(
          (vm) =>
            vm.region === params.region &&
            vm.serviceProvider === params.serviceProvider &&
            vm.city === params.city.toUpperCase(),
        );
      const all = { pageNo: 1, pageSize: Math.max(1, at.length), order: undefined, orderBy: undefined };
      const { result } = listing(
        { ...all, keywordType, keyword },
        at.map((vm) => vmView(account, vm)),
      );
      return { result, success: true };
    },
    GetVirtualMachine: ({ params }) => vmDetail(account, getVm(account, params.vmId)),
    DeleteVmInstance({ params }) {
      terminate(account, getVm(account, params.vmId));
      return written("DeleteVmInstance", { vmId: params.vmId });
    },
    UpdateVmInstance({ params: { vmId }, body }) {
      applyTo(account, changeableVm(account, vmId), body);
      return written("UpdateVmInstance", brief(vmId));
    },
    StartVmInstance({ params }) {
      startVm(account, params.vmId);
      return written("StartVmInstance", { vmId: params.vmId });
    },
    StopVmInstance({ params }) {
      stopVm(account, params.vmId);
      return written("StopVmInstance", { vmId: params.vmId });
    },
    RestartVmInstance({ params }) {
      restartVm(account, params.vmId);
      return written("RestartVmInstance", { vmId: params.vmId });
    },
    ReinstallVmInstance({ params: { vmId }, body }) {
      const vm = changeableVm(account, vmId);
      getImage(account, body.imageId);
      const keyPairIds = body.keyConfig?.bccKeyPairIdList ?? [];
      checkKeypairs(account, keyPairIds);
      const { imageId, userData = vm.userData } = body;
      vms.patch(vmId, { imageId, imageType: body.imageType || vm.imageType, keyPairIds, userData });
      enter(account, vmId, "REINSTALLING", "RUNNING", "becCreate");
      return written("ReinstallVmInstance", brief(vmId));
    },
    GetVmConfig({ params }) {
      const vm = getVm(account, params.vmId);
      const { cpu, memory, region, city, serviceProvider, regionId, needPublicIp, systemVolume, dataVolumeList } = vm;
      return {
        cpu,
        mem: memory,
        region,
        city,
        serviceProvider,
        regionId,
        needPublicIp,
        bandwidth: `${vm.bandwidth}Mbps`,
        osImage: imageDetail(account, vm.imageId, vm.imageType),
        dataVolumeList,
        systemVolume,
      };
    },
    CreateVmPrivateIps({ params: { vmId }, body }) {
      const vm = changeableVm(account, vmId);
      const { secondaryPrivateIpAddressCount: count = 0, privateIps = [] } = body;
      if (vm.subnetId === "") throw denied(`${vmId} is in no VPC.`);
      if (count > 0 === privateIps.length > 0)
        throw badRequest("expected secondaryPrivateIpAddressCount or privateIps.");
      const used = privateIps.find((ip) => isTakenBy(account, vm.subnetId, ip));
      if (used) throw denied(`${used} is in use.`);
      const wanted: readonly (string | undefined)[] = count > 0 ? Array.from({ length: count }) : privateIps;
      const ips = wanted.map((ip) => takeEdgeIp(account, vm.subnetId, vmId, ip));
      vms.patch(vmId, { privateIps: [...vm.privateIps, ...ips] });
      return addressed(ips);
    },
    ReleaseVmPrivateIps({ params: { vmId }, body }) {
      const vm = getVm(account, vmId);
      const foreign = body.privateIps.find((ip) => !vm.privateIps.includes(ip));
      if (foreign) throw notFound(foreign);
      for (const ip of body.privateIps) releaseEdgeIp(account, vm.subnetId, ip);
      vms.patch(vmId, { privateIps: vm.privateIps.filter((ip) => !body.privateIps.includes(ip)) });
      return addressed(body.privateIps);
    },
    BindSecurityGroups({ params: { action }, body }) {
      if (action !== "bind" && action !== "unbind") throw badRequest(`"${action}": expected bind or unbind.`);
      const wanted = new Map(body.instances.map((one) => [one.instanceId, one.securityGroupIds]));
      return each(`${action}SecurityGroup`, [...wanted.keys()], (vmId) => {
        const { securityGroupIds: before } = getVm(account, vmId);
        const ids = wanted.get(vmId) ?? [];
        for (const id of ids) getSecurityGroup(account, id);
        const rest = before.filter((id) => !ids.includes(id));
        vms.patch(vmId, { securityGroupIds: action === "bind" ? [...rest, ...ids] : rest });
      });
    },
  };
});
