import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import {
  checkIpRoom,
  eniQuotaOf,
  enisOfInstance,
  eniView,
  getEni,
  groupsFor,
  newMac,
  PRIVATE_IP,
  removeEni,
  takeIps,
  takeIpv6s,
} from "./eni-model.ts";
import { DESCRIPTION, getSubnet, getVpc } from "./find.ts";
import { type EniStatus, enisOf } from "./records.ts";

const SWITCHED = "eni.switched";
const NAME = text({ max: 65 });
const MODE = optional(oneOf("standard", "highPerformance", ""), "");
const STATUS = oneOf("available", "attaching", "inuse", "detaching");
const ENI = object({
  eniId: text(),
  name: text(),
  zoneName: text(),
  description: ANY_TEXT,
  instanceId: ANY_TEXT,
  macAddress: text(),
  vpcId: text(),
  subnetId: text(),
  status: STATUS,
  privateIpSet: list(PRIVATE_IP),
  ipv6PrivateIpSet: list(PRIVATE_IP),
  createdTime: text(),
  tags: TAGS,
  securityGroupIds: list(text()),
  enterpriseSecurityGroupIds: list(text()),
  networkInterfaceTrafficMode: text(),
});
const NEW_IP = object({
  primary: optional(boolean(), false),
  privateIpAddress: optional(text(), ""),
  publicIpAddress: optional(text()),
});
const PATH = "/v1/eni/{eniId}";
const IDS = optional(list(text()), []);

const OPERATIONS = operations({
  ListEni: {
    summary: "Lists the network cards of a VPC. Several addresses match whole, a single one by its end.",
    method: "GET",
    path: "/v1/eni",
    query: {
      ...PAGING,
      vpcId: text(),
      instanceId: optional(text()),
      name: optional(text()),
      privateIpAddress: optional(csv()),
    },
    answer: pageOf("enis", ENI),
    errors: ["NoSuchObject"],
  },
  GetEni: {
    summary: "One network card.",
    method: "GET",
    path: PATH,
    answer: ENI,
    errors: ["EniIdException"],
  },
  GetEniStatus: {
    summary: "The status of a network card.",
    method: "GET",
    path: `${PATH}/status`,
    answer: object({ status: STATUS }),
    errors: ["EniIdException"],
  },
  GetEniQuota: {
    summary: "How many cards a machine may have, or how many addresses a card.",
    method: "GET",
    path: "/v1/eni/quota",
    query: { eniId: optional(text()), instanceId: optional(text()) },
    answer: object({ totalQuantity: integer(), availableQuantity: integer() }),
    errors: ["EniIdException", "NoSuchObject"],
  },
  CreateEni: {
    summary: "Creates a network card with its first addresses.",
    method: "POST",
    path: "/v1/eni",
    body: object({
      name: NAME,
      subnetId: text(),
      privateIpSet: list(NEW_IP),
      ipv6PrivateIpSet: optional(list(NEW_IP), []),
      securityGroupIds: IDS,
      enterpriseSecurityGroupIds: IDS,
      description: DESCRIPTION,
      networkInterfaceTrafficMode: MODE,
      tags: TAGS,
    }),
    answer: object({ eniId: text() }),
    errors: ["NoSuchObject", "ExceedLimitException", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  UpdateEni: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: PATH,
    when: "modifyAttribute",
    body: object({ name: optional(NAME), description: DESCRIPTION }),
    errors: ["EniIdException"],
  },
  DeleteEni: {
    summary: "Deletes a network card that no machine has.",
    method: "DELETE",
    path: PATH,
    errors: ["EniIdException", "OperationDenied"],
  },
  AttachEni: {
    summary: "Gives an available card to a machine of its VPC and zone.",
    method: "PUT",
    path: PATH,
    when: "attach",
    delay: "eniAttach",
    body: object({ instanceId: text(), instanceType: optional(oneOf("server", "hpas", ""), "") }),
    errors: ["EniIdException", "NoSuchObject", "OperationDenied", "ExceedLimitException"],
  },
  DetachEni: {
    summary: "Takes a card from its machine.",
    method: "PUT",
    path: PATH,
    when: "detach",
    delay: "eniAttach",
    body: object({ instanceId: text() }),
    errors: ["EniIdException", "OperationDenied"],
  },
  BindEniSecurityGroups: {
    summary: "Replaces the security groups of a card.",
    method: "PUT",
    path: PATH,
    when: "bindSg",
    body: object({ securityGroupIds: list(text()) }),
    errors: ["EniIdException", "NoSuchObject"],
  },
  BindEniEnterpriseSecurityGroups: {
    summary: "Replaces the security groups of a card by enterprise ones.",
    method: "PUT",
    path: PATH,
    when: "bindEsg",
    body: object({ enterpriseSecurityGroupIds: list(text()) }),
    errors: ["EniIdException", "NoSuchObject"],
  },
});

/** Network cards that can be moved between machines. */
export const enis = part(OPERATIONS, (account) => {
  const all = enisOf(account);
  const { quotas, timings } = account;
  account.store.on(SWITCHED, (eniId, { from, to }) => {
    if (all.get(eniId)?.status !== from) return;
    all.patch(eniId, { status: to as EniStatus, ...(to === "available" ? { instanceId: "" } : {}) });
  });
  account.onGone((id) => {
    for (const { eniId } of enisOfInstance(account, id)) all.patch(eniId, { status: "available", instanceId: "" });
  });
  const switchTo = (eniId: string, from: EniStatus, to: EniStatus): object => {
    account.store.schedule(SWITCHED, eniId, timings.eniAttach, { from, to });
    return {};
  };

  return {
    ListEni({ query }) {
      const { vpcId, instanceId, name, privateIpAddress = [] } = query;
      getVpc(account, vpcId);
      const [only, ...others] = privateIpAddress;
      const fits = (ip: string) =>
        only === undefined || (others.length === 0 ? ip.endsWith(only) : privateIpAddress.includes(ip));
      const chosen = all
        .all()
        .filter(
          (eni) =>
            eni.vpcId === vpcId &&
            (!instanceId || instanceId === eni.instanceId) &&
            (!name || name === eni.name) &&
            eni.privateIps.some(({ ip }) => fits(ip)),
        );
      const views = chosen.map((eni) => eniView(account, eni));
      return page(query, "enis", views, ({ eniId }) => eniId);
    },
    GetEni: ({ params }) => eniView(account, getEni(account, params.eniId)),
    GetEniStatus: ({ params }) => ({ status: getEni(account, params.eniId).status }),
    GetEniQuota({ query: { eniId, instanceId } }) {
      if (eniId) {
        const { privateIps, ipv6s } = getEni(account, eniId);
        const used = privateIps.length + ipv6s.length;
        return { totalQuantity: quotas.ipsPerEni, availableQuantity: quotas.ipsPerEni - used };
      }
      if (!instanceId) throw badRequest("one of eniId and instanceId is required.");
      const machine = instancesOf(account).get(instanceId);
      if (!machine) throw noSuchObject(instanceId);
      const totalQuantity = eniQuotaOf(machine.cpuCount);
      return { totalQuantity, availableQuantity: totalQuantity - enisOfInstance(account, instanceId).length };
    },
    CreateEni({ body }) {
      const { name, subnetId, description = "", tags } = body;
      const subnet = getSubnet(account, subnetId);
      const primary = body.privateIpSet.filter((ip) => ip.primary);
      if (primary.length !== 1) throw badRequest("privateIpSet: expected exactly one primary address.");
      if (body.securityGroupIds.length > 0 && body.enterpriseSecurityGroupIds.length > 0)
        throw badRequest("securityGroupIds and enterpriseSecurityGroupIds exclude each other.");
      const groups = groupsFor(account, subnet.vpcId, body);
      if (all.all().filter(({ instanceId }) => instanceId === "").length >= quotas.enis)
        throw new Fault(403, "ExceedLimitException", "The quota of network cards is used up.");
      if (body.privateIpSet.length + body.ipv6PrivateIpSet.length > quotas.ipsPerEni)
        throw new Fault(400, "ExceedLimitException", `A card may have ${quotas.ipsPerEni} addresses.`);
      const wanted = [...primary, ...body.privateIpSet.filter((ip) => !ip.primary)];
      const ipv6s = takeIpv6s(
        account,
        subnetId,
        body.ipv6PrivateIpSet.map(({ privateIpAddress }) => privateIpAddress),
      );
      const privateIps = takeIps(
        account,
        wanted.map(({ privateIpAddress: ip }) => ({ ip, subnetId })),
        "ENI",
      );
      const eniId = account.newId("eni");
      all.set(eniId, {
        ...groups,
        eniId,
        name,
        description,
        subnetId,
        zoneName: subnet.zoneName,
        vpcId: subnet.vpcId,
        instanceId: "",
        macAddress: newMac(account),
        status: "available",
        privateIps,
        ipv6s,
        createdTime: account.time(),
        tags,
        networkInterfaceTrafficMode: body.networkInterfaceTrafficMode || "standard",
      });
      return { eniId };
    },
    UpdateEni({ params: { eniId }, body }) {
      const { name, description } = getEni(account, eniId);
      all.patch(eniId, { name: body.name || name, description: body.description ?? description });
      return {};
    },
    DeleteEni({ params: { eniId } }) {
      const eni = getEni(account, eniId);
      if (eni.status !== "available") throw denied(`${eniId} is ${eni.status}: it must be available to be deleted.`);
      removeEni(account, eni);
      return {};
    },
    AttachEni({ params: { eniId }, body }) {
      const eni = getEni(account, eniId);
      if (eni.status !== "available") throw denied(`${eniId} is ${eni.status}: it must be available to be attached.`);
      const machine = instancesOf(account).get(body.instanceId);
      const wanted = body.instanceType === "hpas";
      if (!machine || (machine.product === "hpas") !== wanted) throw noSuchObject(body.instanceId);
      if (machine.vpcId !== eni.vpcId || machine.zoneName !== eni.zoneName)
        throw badRequest(`instanceId: ${machine.id} is not in ${eni.vpcId} and ${eni.zoneName}.`);
      if (machine.status !== "Running" && machine.status !== "Stopped")
        throw denied(`instance ${machine.id} is ${machine.status}.`);
      const most = eniQuotaOf(machine.cpuCount);
      if (enisOfInstance(account, machine.id).length >= most)
        throw new Fault(400, "ExceedLimitException", `${machine.id} may have ${most} network cards.`);
      checkIpRoom(account, { ...eni, instanceId: machine.id }, 0);
      all.patch(eniId, { status: "attaching", instanceId: machine.id });
      return switchTo(eniId, "attaching", "inuse");
    },
    DetachEni({ params: { eniId }, body }) {
      const { status, instanceId } = getEni(account, eniId);
      if (status !== "inuse") throw denied(`${eniId} is ${status}: it must be inuse to be detached.`);
      if (instanceId !== body.instanceId) throw badRequest(`instanceId: ${eniId} is at ${instanceId}.`);
      all.patch(eniId, { status: "detaching" });
      return switchTo(eniId, "detaching", "available");
    },
    BindEniSecurityGroups({ params: { eniId }, body }) {
      const { vpcId } = getEni(account, eniId);
      if (body.securityGroupIds.length === 0) throw badRequest("securityGroupIds is required.");
      all.patch(eniId, groupsFor(account, vpcId, body));
      return {};
    },
    BindEniEnterpriseSecurityGroups({ params: { eniId }, body }) {
      const { vpcId } = getEni(account, eniId);
      if (body.enterpriseSecurityGroupIds.length === 0) throw badRequest("enterpriseSecurityGroupIds is required.");
      all.patch(eniId, groupsFor(account, vpcId, body));
      return {};
    },
  };
});
